//! Who is here, who is waited for, who has gone for good, and what follows for the game.

use footlights_data::event::EventKind;
use footlights_env::Agent;

use super::{
    Gone, Holder, MOST_GRACES, Output, RESUME_MS, Room, SILENT_MS, State, seat::SeatState, watch::Finding,
};
use footlights_experiment::{DropoutRule, make_policy};
use footlights_protocol::{
    Outcome,
    wire::{self, RoomToClient},
};

/// Time in which the room was not called is not time in which somebody looked away.
const MOST_AWAY_AT_ONCE_MS: u64 = 1_000;

/// Which of a scene's rules about presence.
#[derive(Debug, Clone, Copy)]
enum Rule {
    Attention,
    Latency,
}

impl Room {
    /// Whether the loss of that person's connection is a loss for the game: they had said hello, or somebody who plays
    /// was about to say it again.
    pub(super) fn is_missed(&self, agent: Agent) -> bool {
        let playing = matches!(self.state, State::Running | State::Countdown { .. });
        !matches!(self.state, State::Over { .. })
            && self.human(agent).is_some_and(|human| human.ready || playing)
    }

    /// A connection is gone; its owner may come back.
    pub(super) fn lost(&mut self, now: u64, agent: Agent, kind: EventKind, detail: &str) {
        let missed = self.is_missed(agent);
        let Some(human) = self.seats.get_mut(agent.index()).and_then(SeatState::human_mut) else { return };
        human.disconnect();
        self.forget_keys(agent);
        if !missed {
            return;
        }
        let (grace, most) = (self.scene.grace_ms, self.patience_ms());
        if !matches!(self.state, State::Gathering { .. })
            && let Some(human) = self.seats.get_mut(agent.index()).and_then(SeatState::human_mut)
        {
            // What is counted down to anyway is held up by nobody.
            let from = if let State::Countdown { until } = self.state { until.max(now) } else { now };
            human.wait_for(now, from, grace, most);
        }
        self.report(now, Some(agent), kind, detail.to_owned());
        match self.state {
            State::Gathering { .. } | State::Over { .. } => self.tell_status(now),
            State::Running | State::Countdown { .. } | State::Paused { .. } => {
                if let State::Countdown { until } = self.state {
                    self.countdown_ms = until;
                }
                self.pause(now, agent, kind.as_str());
                self.settle(now);
                self.flush(now);
            }
        }
    }

    /// Somebody said hello: goes on if everybody is here now.
    pub(super) fn arrived(&mut self, now: u64) {
        match self.state {
            State::Gathering { .. } if self.people().all(|human| human.ready) => {
                self.set_state(now, State::Countdown { until: now + self.scene.countdown_ms });
                // A process that is lost before the first ticks are stored finds who was here, and so waits for what they
                // know. Without this it would gather them, and begin anew while they still bring it back.
                self.flush(now);
            }
            State::Paused { .. } => self.settle(now),
            _ => self.tell_status(now),
        }
    }

    /// The grace time of somebody is over.
    pub(super) fn grace_over(&mut self, now: u64) {
        let mut gone = Vec::new();
        for agent in self.agents() {
            let Some(human) = self.human(agent).filter(|human| !human.ready && now >= human.back_by) else {
                continue;
            };
            let detail = if human.cut_short {
                format!("held the game up for {} ms in all", human.held_up_for(now))
            } else {
                format!("did not come back within {} ms", self.scene.grace_ms)
            };
            self.report(now, Some(agent), EventKind::Left, detail);
            self.depart(agent, Outcome::Left);
            gone.push(agent);
        }
        self.departed(now, &gone);
    }

    /// For how long one person may hold the game up in all, ms. Nobody minds where nobody else is there.
    pub(super) fn patience_ms(&self) -> u64 {
        match self.people().count() {
            0 | 1 => u64::MAX,
            _ => self.scene.grace_ms.saturating_mul(MOST_GRACES),
        }
    }

    /// Counts how long people have looked away while the game ran, and does what their watch says.
    pub(super) fn attention_rule(&mut self, now: u64) {
        // Who plays alone calls the room themselves, and more rarely out of sight.
        let most = if self.alone.is_some() { SILENT_MS } else { MOST_AWAY_AT_ONCE_MS };
        let passed = now.saturating_sub(std::mem::replace(&mut self.watched_ms, now)).min(most);
        let Some(watch) = self.scene.attention_rule.as_ref().filter(|_| self.state == State::Running) else {
            return;
        };
        let mut found = Vec::new();
        for (agent, seat) in (0u8..).map(Agent).zip(&mut self.seats) {
            let Some(human) = seat.human_mut().filter(|human| human.ready) else { continue };
            human.away_ms = if human.focused { 0 } else { human.away_ms + passed };
            let away = human.away_ms as f64;
            if let Some(finding) = human.focus_watch.look(watch, away, now) {
                found.push((agent, finding, away));
            }
        }
        self.found(now, Rule::Attention, found);
    }

    /// Does what the watch over the connection says, when a round trip was reported.
    pub(super) fn latency_rule(&mut self, now: u64, agent: Agent) {
        let Some(watch) = self.scene.latency_rule.as_ref().filter(|_| self.state == State::Running) else {
            return;
        };
        let Some(human) = self.seats.get_mut(agent.index()).and_then(SeatState::human_mut) else { return };
        let Some(median) = human.trips.median() else { return };
        let found = human.ping_watch.look(watch, median, now).map(|finding| (agent, finding, median));
        self.found(now, Rule::Latency, found.into_iter().collect());
    }

    fn found(&mut self, now: u64, rule: Rule, found: Vec<(Agent, Finding, f64)>) {
        let (warning, recovered, value) = match rule {
            Rule::Attention => (EventKind::FocusWarning, EventKind::FocusRecovered, "not focused"),
            Rule::Latency => (EventKind::PingWarning, EventKind::PingRecovered, "round trip"),
        };
        let mut excluded = Vec::new();
        for (agent, finding, ms) in found {
            let detail = format!("{ms:.0} ms");
            match finding {
                Finding::Warn => {
                    self.report(now, Some(agent), warning, detail);
                    self.tell_notice(agent);
                }
                Finding::Recovered => {
                    self.report(now, Some(agent), recovered, detail);
                    self.tell_notice(agent);
                }
                Finding::Exclude => {
                    self.report(now, Some(agent), EventKind::Excluded, format!("{value}: {detail}"));
                    let watch = match rule {
                        Rule::Latency => &self.scene.latency_rule,
                        Rule::Attention => &self.scene.attention_rule,
                    };
                    let text = watch.as_ref().map(|watch| watch.exclusion.clone()).unwrap_or_default();
                    self.exclude(agent, text);
                    excluded.push(agent);
                }
            }
        }
        if let Some(first) = excluded.first() {
            self.pause(now, *first, "excluded");
            self.departed(now, &excluded);
        }
    }

    /// Says what the warnings that stand say together; nothing, if none does.
    pub(super) fn tell_notice(&mut self, agent: Agent) {
        let Some(human) = self.human(agent) else { return };
        let Some(conn) = human.listener() else { return };
        let standing =
            [(&self.scene.attention_rule, &human.focus_watch), (&self.scene.latency_rule, &human.ping_watch)]
                .into_iter()
                .filter(|(_, watched)| watched.warned)
                .filter_map(|(watch, _)| watch.as_ref().map(|watch| watch.warning.as_str()));
        let text = standing.collect::<Vec<_>>().join(" ");
        self.out.push_back(Output::Send { conn, bytes: wire::encode(&RoomToClient::Notice { text }) });
    }

    /// Tells somebody that the game is over for them, and why.
    fn exclude(&mut self, agent: Agent, text: String) {
        if let Some(conn) = self.human(agent).and_then(|human| human.listener()) {
            let scores = self.timeline.scores().to_vec();
            let finished = RoomToClient::Finished { outcome: Outcome::Excluded, saved: false, scores };
            for message in [RoomToClient::Notice { text }, finished] {
                self.out.push_back(Output::Send { conn, bytes: wire::encode(&message) });
            }
        }
        self.depart(agent, Outcome::Excluded);
    }

    /// Takes a person out of the game for good.
    fn depart(&mut self, agent: Agent, outcome: Outcome) {
        let (tick, score) = (self.tick(), self.totals.get(agent.index()).copied().unwrap_or(0.0));
        let Some(seat) = self.seats.get_mut(agent.index()) else { return };
        let conn = seat.human().and_then(|human| human.conn);
        seat.gone = Some(Gone { outcome, tick, score, conn, released: false });
    }

    /// What follows when people have gone for good. They need not wait for the others' end.
    fn departed(&mut self, now: u64, gone: &[Agent]) {
        self.settle(now);
        self.flush(now);
        if matches!(self.state, State::Over { .. }) {
            return;
        }
        self.release(gone);
    }

    /// Lets those who have gone for good go on.
    pub(super) fn release(&mut self, gone: &[Agent]) {
        for agent in gone {
            if let Some(verdict) = self.seat_verdict(*agent, Outcome::Left) {
                self.out.push_back(Output::Released { agent: *agent, verdict });
            }
        }
    }

    /// It is stored that the person may go on.
    pub(super) fn released(&mut self, agent: Agent) {
        let scores = self.timeline.scores().to_vec();
        let Some(gone) = self.seats.get_mut(agent.index()).and_then(|seat| seat.gone.as_mut()) else {
            return;
        };
        gone.released = true;
        let Some(conn) = gone.conn.take() else { return };
        let finished = RoomToClient::Finished { outcome: gone.outcome, saved: true, scores };
        self.out.push_back(Output::Send { conn, bytes: wire::encode(&finished) });
        self.close(conn, wire::CloseCode::Over, "over");
    }

    /// The ticks stop because of somebody.
    fn pause(&mut self, now: u64, agent: Agent, why: &str) {
        if self.paused_ms.is_none() && matches!(self.state, State::Running | State::Countdown { .. }) {
            self.paused_ms = Some(now);
            self.report(now, Some(agent), EventKind::Paused, why.to_owned());
        }
    }

    /// Decides how a game that stands still goes on: it ends, waits, or counts down to the next tick.
    fn settle(&mut self, now: u64) {
        if self.people().next().is_none() {
            return self.finish(now, Outcome::Abandoned);
        }
        let vacant: Vec<Agent> = self
            .agents()
            .zip(&self.seats)
            .filter(|(_, seat)| seat.is_vacant())
            .map(|(agent, _)| agent)
            .collect();
        let here = self.people().any(|human| human.ready);
        match &self.scene.on_dropout {
            DropoutRule::Replace(_) => {
                for agent in vacant {
                    self.take_over(now, agent);
                }
            }
            // Who is here need not wait longer. Who still may come back finds out then.
            DropoutRule::End if here && !vacant.is_empty() => return self.finish(now, Outcome::PartnerLeft),
            DropoutRule::Void if here && !vacant.is_empty() => return self.finish(now, Outcome::Void),
            DropoutRule::End | DropoutRule::Void => {}
        }
        if matches!(self.state, State::Over { .. }) {
            return;
        }
        let state = match self.people().filter(|human| !human.ready).map(|human| human.back_by).min() {
            Some(until) => State::Paused { until },
            // Their own game has gone on all the while.
            None if self.alone_plays() => return self.go(now, now),
            None => State::Countdown { until: (now + RESUME_MS).max(self.countdown_ms) },
        };
        if let State::Paused { .. } = state {
            // Who is back holds nobody up: the game stands still for others.
            for human in self.seats.iter_mut().filter_map(SeatState::human_mut).filter(|human| human.ready) {
                human.goes_on(now);
            }
        }
        self.set_state(now, state);
    }

    /// A policy plays on in the seat of somebody who has gone.
    fn take_over(&mut self, now: u64, agent: Agent) {
        let DropoutRule::Replace(by) = &self.scene.on_dropout else { return };
        let name = by.name().to_owned();
        match make_policy(by, agent, self.timeline.sim()) {
            Ok(Some(policy)) => {
                if let Some(seat) = self.seats.get_mut(agent.index()) {
                    seat.holder = Holder::Policy(policy);
                }
                self.report(now, Some(agent), EventKind::TakenOver, name);
            }
            // Neither can be once the scene was checked.
            Ok(None) => self.finish(now, Outcome::Failed),
            Err(error) => {
                self.report(now, Some(agent), EventKind::PolicyFailed, error.to_string());
                self.finish(now, Outcome::Failed);
            }
        }
    }
}
