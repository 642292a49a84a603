//! What follows when participants connect, are lost, come back, leave for good or are excluded.

use footlights_data::event::EventKind;
use footlights_env::Agent;
use footlights_experiment::{DropoutRule, make_policy};
use footlights_protocol::{
    EpochMs, Outcome,
    wire::{CloseCode, RoomToClient},
};

use super::{
    attendance::{Consequence, Finding},
    driver::QueuedInputs,
    game_room::GameRoom,
    phase::{Pause, Phase},
    rule_state::RuleVerdict,
};

/// How long the countdown is after a participant has come back, ms.
const RESUME_COUNTDOWN_MS: u64 = 1_500;

impl GameRoom {
    /// The ticks begin, or go on, on a schedule from `from`.
    pub(super) fn go(&mut self, now: EpochMs, from: EpochMs) {
        let pause = self.phase.run();
        self.driver.start(now, from, self.game.tick());
        self.send_status(now);
        if let Some(pause) = pause {
            let detail = format!("after {} ms", now - pause.since);
            self.report(now, None, EventKind::Resumed, detail);
        }
        self.attendance.resume(now, &self.seats);
        self.run(now);
    }

    /// Whether losing this connection must pause the game: the participant had completed the handshake, or the game is
    /// already running.
    pub(super) fn is_missed(&self, agent: Agent) -> bool {
        let is_playing = matches!(self.phase, Phase::Running | Phase::Countdown { .. });
        !self.phase.is_over() && self.seats.player(agent).is_some_and(|player| player.ready || is_playing)
    }

    /// A connection is gone; its participant may come back.
    pub(super) fn lose(&mut self, now: EpochMs, agent: Agent, kind: EventKind, detail: &str) {
        let is_missed = self.is_missed(agent);
        let Some(player) = self.seats.player_mut(agent) else { return };
        player.disconnect();
        self.forget_keys(agent);
        if !is_missed {
            return;
        }
        let waits_from = match self.phase {
            Phase::Gathering { .. } => None,
            // Time spent in a countdown does not count against the pause budget.
            Phase::Countdown { until, .. } => Some(until.max(now)),
            _ => Some(now),
        };
        if let Some(from) = waits_from {
            self.attendance.wait_for(now, agent, from, &self.seats);
        }
        self.report(now, Some(agent), kind, detail);
        if waits_from.is_none() {
            return self.send_status(now);
        }
        self.pause(now, agent, kind.as_str());
        self.settle(now);
        self.flush(now);
    }

    /// A seat's queued key changes are not valid any more: its connection is gone or new.
    pub(super) fn forget_keys(&mut self, agent: Agent) {
        let tick = self.game.tick();
        let Some(player) = self.seats.player_mut(agent) else { return };
        match self.driver.reconnect(tick) {
            QueuedInputs::Release => player.inputs.release(),
            QueuedInputs::Discard => player.inputs.clear(),
        }
    }

    /// A participant has completed the handshake: goes on if everyone is here now.
    pub(super) fn arrive(&mut self, now: EpochMs) {
        match self.phase {
            Phase::Gathering { .. } if self.seats.players().all(|(_, player)| player.ready) => {
                let until = now + self.scene.episodes.countdown_ms;
                self.set_phase(now, Phase::Countdown { until, resume: None });
                // A process that is lost before the first ticks are stored finds who was here, and waits for the ticks
                // that they know. Without this it would gather them and start over while they still bring ticks back.
                self.flush(now);
            }
            Phase::Paused(_) => self.settle(now),
            _ => self.send_status(now),
        }
    }

    /// The first grace time is over.
    pub(super) fn end_grace(&mut self, now: EpochMs) {
        let mut departed = Vec::new();
        for (agent, detail) in self.attendance.expired(now, &self.seats) {
            self.report(now, Some(agent), EventKind::Left, detail);
            self.depart(agent, Outcome::Left);
            departed.push(agent);
        }
        self.follow_departures(now, &departed);
    }

    /// Does what the presence rules say.
    pub(super) fn act_on_findings(&mut self, now: EpochMs, findings: impl IntoIterator<Item = Finding>) {
        let mut excluded = Vec::new();
        for finding in findings {
            let (kind, detail) = finding.event();
            self.report(now, Some(finding.agent), kind, detail);
            match finding.verdict {
                RuleVerdict::Warn | RuleVerdict::Recover => self.send_notice(finding.agent),
                RuleVerdict::Exclude => {
                    self.exclude(finding);
                    excluded.push(finding.agent);
                }
            }
        }
        if let Some(first) = excluded.first() {
            self.pause(now, *first, "excluded");
            self.follow_departures(now, &excluded);
        }
    }

    /// Sends a participant the warnings that stand; an empty text if none does any more.
    pub(super) fn send_notice(&mut self, agent: Agent) {
        if let Some(conn) = self.seats.listener(agent) {
            self.out.send(conn, &RoomToClient::Notice { text: self.attendance.notice(agent) });
        }
    }

    /// Tells a participant that the game is over for them and why, and takes them out of it.
    fn exclude(&mut self, finding: Finding) {
        let agent = finding.agent;
        if let Some(conn) = self.seats.listener(agent) {
            let text = self.attendance.exclusion(finding.rule);
            self.out.send(conn, &RoomToClient::Notice { text });
            self.out.send(conn, &self.finished(agent, Outcome::Excluded, false));
        }
        self.depart(agent, Outcome::Excluded);
    }

    fn depart(&mut self, agent: Agent, outcome: Outcome) {
        self.seats.depart(agent, outcome, self.game.tick(), self.game.total(agent));
    }

    /// What follows when participants have left for good. They need not wait for the end of the others' game.
    fn follow_departures(&mut self, now: EpochMs, departed: &[Agent]) {
        self.settle(now);
        self.flush(now);
        if !self.phase.is_over() {
            self.announce_departures(departed);
        }
    }

    /// The result of a participant who left is stored.
    pub(super) fn release(&mut self, agent: Agent) {
        if let Some((conn, outcome)) = self.seats.release(agent) {
            self.out.send(conn, &self.finished(agent, outcome, true));
            self.out.close(conn, CloseCode::Over, "over");
        }
    }

    /// The ticks stop because of a participant.
    fn pause(&mut self, now: EpochMs, agent: Agent, why: &str) {
        if self.phase.pause(now) {
            self.report(now, Some(agent), EventKind::Paused, why);
        }
    }

    /// Decides how a paused game goes on: it ends, waits, or counts down to the next tick.
    fn settle(&mut self, now: EpochMs) {
        match self.attendance.consequence(&self.scene.attendance.on_dropout, &self.seats) {
            Consequence::Finish(outcome) => return self.finish(now, outcome),
            Consequence::Replace(vacant) => {
                for agent in vacant {
                    self.take_over(now, agent);
                }
            }
        }
        // Over, if a policy could not take over.
        let Phase::Paused(pause) = self.phase else { return };
        let phase = match self.attendance.first_deadline(&self.seats) {
            Some(until) => Phase::Paused(Pause { until, ..pause }),
            None if self.driver.resumes_at_once() => return self.go(now, now),
            None => {
                let until = (now + RESUME_COUNTDOWN_MS).max(pause.countdown_until);
                Phase::Countdown { until, resume: Some(pause) }
            }
        };
        if let Phase::Paused(_) = phase {
            self.attendance.excuse_present(now, &self.seats);
        }
        self.set_phase(now, phase);
    }

    /// A policy plays on in the seat of a participant who has left.
    fn take_over(&mut self, now: EpochMs, agent: Agent) {
        let DropoutRule::Replace(by) = &self.scene.attendance.on_dropout else { return };
        match make_policy(by, agent, self.game.timeline().sim()) {
            Ok(Some(policy)) => {
                self.seats.take_over(agent, policy);
                self.report(now, Some(agent), EventKind::TakenOver, by.name().to_owned());
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
