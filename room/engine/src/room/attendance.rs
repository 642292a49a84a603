//! Which participants are present, for how long the game waits for those who are not, and what a scene's presence rules
//! say about those who are.
//!
//! It decides nothing about the game: it answers when a grace time ends, who has used theirs up, and what a rule says.

use footlights_data::event::EventKind;
use footlights_env::Agent;
use footlights_experiment::{DropoutRule, GameScene, PresenceRule};
use footlights_protocol::{EpochMs, Outcome, wire::Presence};
use serde::{Deserialize, Serialize};

use super::{
    rule_state::{RuleState, RuleVerdict},
    seats::Seats,
};

/// How many grace times in all one participant may keep a game paused that others play.
const MAX_GRACE_PERIODS: u64 = 3;

/// Which of a scene's presence rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// For how long the page has been out of view or focus.
    Attention,
    /// The median round trip.
    Latency,
}

/// What a presence rule says about one participant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Finding {
    /// The participant's seat.
    pub agent: Agent,
    /// The rule.
    pub rule: Rule,
    /// What follows.
    pub verdict: RuleVerdict,
    /// The measured time, ms.
    pub ms: f64,
}

impl Finding {
    /// The event that it is.
    pub fn event(&self) -> (EventKind, String) {
        let detail = format!("{:.0} ms", self.ms);
        match (self.verdict, self.rule) {
            (RuleVerdict::Warn, Rule::Attention) => (EventKind::FocusWarning, detail),
            (RuleVerdict::Warn, Rule::Latency) => (EventKind::PingWarning, detail),
            (RuleVerdict::Recover, Rule::Attention) => (EventKind::FocusRecovered, detail),
            (RuleVerdict::Recover, Rule::Latency) => (EventKind::PingRecovered, detail),
            (RuleVerdict::Exclude, Rule::Attention) => {
                (EventKind::Excluded, format!("not focused: {detail}"))
            }
            (RuleVerdict::Exclude, Rule::Latency) => (EventKind::Excluded, format!("round trip: {detail}")),
        }
    }
}

/// What must follow when participants are missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consequence {
    /// End the game.
    Finish(Outcome),
    /// Let policies play on in these seats; then wait for those who may still come back.
    Replace(Vec<Agent>),
}

/// One participant's attendance.
#[derive(Debug, Default)]
struct Attendee {
    /// Has completed the handshake at least once.
    arrived: bool,
    /// Must be back by then, if not connected.
    back_by: EpochMs,
    /// `back_by` was moved forward because the pause budget is nearly spent.
    grace_reduced: bool,
    /// Since when the game is paused because of them.
    pause_since: Option<EpochMs>,
    /// For how long it was paused because of them before, ms.
    pause_caused_ms: u64,
    /// For how long the page has been out of view or focus while the game ran, ms.
    away_ms: u64,
    attention: RuleState,
    latency: RuleState,
}

impl Attendee {
    fn pause_caused_ms(&self, now: EpochMs) -> u64 {
        self.pause_caused_ms + self.pause_since.map_or(0, |since| now - since)
    }

    fn stop_pause(&mut self, now: EpochMs) {
        self.pause_caused_ms = self.pause_caused_ms(now);
        self.pause_since = None;
        self.grace_reduced = false;
    }
}

/// What a checkpoint keeps of one participant's attendance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedAttendee {
    /// Whether they had arrived.
    pub arrived: bool,
    pause_caused_ms: u64,
}

/// The attendance of all seats, by agent; those of policies are never looked at.
#[derive(Debug)]
pub struct Attendance {
    attendees: Vec<Attendee>,
    grace_ms: u64,
    attention_rule: Option<PresenceRule>,
    latency_rule: Option<PresenceRule>,
    /// When attention was checked last.
    checked_ms: EpochMs,
    /// A longer gap between two checks counts as this long.
    max_gap_ms: u64,
}

impl Attendance {
    /// The attendance of a scene before any participant has arrived. A room that is not called for a while does not know
    /// what happened in between: of such a gap, `max_gap_ms` count as time away.
    pub fn new(scene: &GameScene, seats: &Seats, max_gap_ms: u64, now: EpochMs) -> Self {
        Self {
            attendees: seats.agents().map(|_| Attendee::default()).collect(),
            grace_ms: scene.attendance.grace_ms,
            attention_rule: scene.attendance.attention_rule.clone(),
            latency_rule: scene.attendance.latency_rule.clone(),
            checked_ms: now,
            max_gap_ms,
        }
    }

    /// Whether the participant of a seat has completed the handshake at least once.
    pub fn has_arrived(&self, agent: Agent) -> bool {
        self.attendees.get(agent.index()).is_some_and(|attendee| attendee.arrived)
    }

    /// Marks the participant of a seat as arrived. Returns whether they had been before.
    pub fn arrive(&mut self, agent: Agent) -> bool {
        self.attendees
            .get_mut(agent.index())
            .is_some_and(|attendee| std::mem::replace(&mut attendee.arrived, true))
    }

    /// How each seat's holder is, for the other participants.
    pub fn presences(&self, seats: &Seats) -> Vec<Presence> {
        let presence = |agent| match seats.player(agent) {
            None if seats.has_policy(agent) => Presence::Policy,
            None => Presence::Left,
            Some(player) => match (player.ready, self.has_arrived(agent)) {
                (true, _) if player.focused => Presence::Here,
                (true, _) => Presence::Away,
                (false, true) => Presence::Reconnecting,
                (false, false) => Presence::Expected,
            },
        };
        seats.agents().map(presence).collect()
    }

    /// A connection replaced one that was in use: its handshake is still to come, and has the grace time. If the game
    /// is `paused`, that counts against the pause budget.
    pub fn replaced(&mut self, now: EpochMs, agent: Agent, paused: bool, seats: &Seats) {
        let grace = self.grace_ms;
        if let Some(attendee) = self.attendees.get_mut(agent.index()) {
            attendee.back_by = now + grace;
        }
        if paused {
            self.wait_for(now, agent, now, seats);
        }
    }

    /// The game waits for a participant, and is paused because of them from `from` on: for the grace time, or for what is
    /// left of their pause budget.
    pub fn wait_for(&mut self, now: EpochMs, agent: Agent, from: EpochMs, seats: &Seats) {
        let (grace, budget) = (self.grace_ms, self.pause_budget_ms(seats));
        let Some(attendee) = self.attendees.get_mut(agent.index()) else { return };
        attendee.pause_since.get_or_insert(from);
        let left = budget.saturating_sub(attendee.pause_caused_ms(now));
        attendee.grace_reduced = left < grace;
        attendee.back_by = now + grace.min(left);
    }

    /// Total time (ms) for which one participant may keep the game paused. Unlimited where no one else waits with it.
    fn pause_budget_ms(&self, seats: &Seats) -> u64 {
        match seats.players().count() {
            0 | 1 => u64::MAX,
            _ => self.grace_ms.saturating_mul(MAX_GRACE_PERIODS),
        }
    }

    /// When the first grace time ends; `None` if everyone is connected.
    pub fn first_deadline(&self, seats: &Seats) -> Option<EpochMs> {
        let missing = seats.players().filter(|(_, player)| !player.ready);
        missing.filter_map(|(agent, _)| Some(self.attendees.get(agent.index())?.back_by)).min()
    }

    /// The participants whose grace time is over, each with what the event says about it.
    pub fn expired(&self, now: EpochMs, seats: &Seats) -> Vec<(Agent, String)> {
        let mut expired = Vec::new();
        for (agent, _) in seats.players().filter(|(_, player)| !player.ready) {
            let Some(attendee) = self.attendees.get(agent.index()).filter(|a| now >= a.back_by) else {
                continue;
            };
            let detail = if attendee.grace_reduced {
                format!("held the game up for {} ms in all", attendee.pause_caused_ms(now))
            } else {
                format!("did not come back within {} ms", self.grace_ms)
            };
            expired.push((agent, detail));
        }
        expired
    }

    /// The ticks go on: stops everyone's pause clock.
    pub fn resume(&mut self, now: EpochMs, seats: &Seats) {
        for (agent, _) in seats.players() {
            if let Some(attendee) = self.attendees.get_mut(agent.index()) {
                attendee.stop_pause(now);
            }
        }
    }

    /// The game stays paused for others: stops the pause clock of those who are connected.
    pub fn excuse_present(&mut self, now: EpochMs, seats: &Seats) {
        for (agent, _) in seats.players().filter(|(_, player)| player.ready) {
            if let Some(attendee) = self.attendees.get_mut(agent.index()) {
                attendee.stop_pause(now);
            }
        }
    }

    /// What a scene's rule about dropouts says now. A game ends at once for those who are connected, without waiting out
    /// other grace times; who reconnects later learns the outcome then.
    pub fn consequence(&self, rule: &DropoutRule, seats: &Seats) -> Consequence {
        if seats.players().next().is_none() {
            return Consequence::Finish(Outcome::Abandoned);
        }
        let vacant = seats.vacant();
        let present = seats.players().any(|(_, player)| player.ready);
        match rule {
            DropoutRule::Replace(_) => Consequence::Replace(vacant),
            DropoutRule::End if present && !vacant.is_empty() => Consequence::Finish(Outcome::PartnerLeft),
            DropoutRule::Void if present && !vacant.is_empty() => Consequence::Finish(Outcome::Void),
            DropoutRule::End | DropoutRule::Void => Consequence::Replace(Vec::new()),
        }
    }

    /// Counts the time since the last check for those who look away while the game runs, and says what follows.
    pub fn check_attention(&mut self, now: EpochMs, running: bool, seats: &Seats) -> Vec<Finding> {
        let gap = (now - std::mem::replace(&mut self.checked_ms, now)).min(self.max_gap_ms);
        let mut findings = Vec::new();
        let Some(rule) = self.attention_rule.as_ref().filter(|_| running) else { return findings };
        for (agent, player) in seats.players().filter(|(_, player)| player.ready) {
            let Some(attendee) = self.attendees.get_mut(agent.index()) else { continue };
            attendee.away_ms = if player.focused { 0 } else { attendee.away_ms + gap };
            let ms = attendee.away_ms as f64;
            if let Some(verdict) = attendee.attention.check(rule, ms, now) {
                findings.push(Finding { agent, rule: Rule::Attention, verdict, ms });
            }
        }
        findings
    }

    /// Compares a participant's round trips with the latency rule, and says what follows.
    pub fn check_latency(&mut self, now: EpochMs, agent: Agent, seats: &Seats) -> Option<Finding> {
        let rule = self.latency_rule.as_ref()?;
        let ms = seats.player(agent)?.rtts.median()?;
        let verdict = self.attendees.get_mut(agent.index())?.latency.check(rule, ms, now)?;
        Some(Finding { agent, rule: Rule::Latency, verdict, ms })
    }

    /// Whether a warning is shown to a participant.
    pub fn is_warned(&self, agent: Agent) -> bool {
        let attendee = self.attendees.get(agent.index());
        attendee.is_some_and(|attendee| attendee.attention.warned || attendee.latency.warned)
    }

    /// The warnings that are shown to a participant, as one text; empty if there are none.
    pub fn notice(&self, agent: Agent) -> String {
        let Some(attendee) = self.attendees.get(agent.index()) else { return String::new() };
        let rules = [(&self.attention_rule, &attendee.attention), (&self.latency_rule, &attendee.latency)];
        let shown = rules.into_iter().filter(|(_, state)| state.warned);
        let texts: Vec<&str> =
            shown.filter_map(|(rule, _)| rule.as_ref().map(|rule| rule.warning.as_str())).collect();
        texts.join(" ")
    }

    /// What an excluded participant reads.
    pub fn exclusion(&self, rule: Rule) -> String {
        let rule = match rule {
            Rule::Attention => &self.attention_rule,
            Rule::Latency => &self.latency_rule,
        };
        rule.as_ref().map(|rule| rule.exclusion.clone()).unwrap_or_default()
    }

    /// What a checkpoint keeps. A pause that is under way is not in it: a restored game starts a new one.
    pub fn save(&self) -> Vec<SavedAttendee> {
        let saved = self
            .attendees
            .iter()
            .map(|a| SavedAttendee { arrived: a.arrived, pause_caused_ms: a.pause_caused_ms });
        saved.collect()
    }

    /// The attendance as it was at a checkpoint. Everyone has the grace time to come back.
    pub fn restore(&mut self, saved: Vec<SavedAttendee>, now: EpochMs) {
        for (attendee, saved) in self.attendees.iter_mut().zip(saved) {
            attendee.arrived = saved.arrived;
            attendee.pause_caused_ms = saved.pause_caused_ms;
            attendee.back_by = now + self.grace_ms;
        }
    }
}

#[cfg(test)]
mod tests {
    use footlights_protocol::Tick;

    use super::{
        super::fixture::{A, B, chaser, join, pair, parts},
        *,
    };

    const GRACE_MS: u64 = 10_000;

    /// Two participants who are here.
    fn present(scene: &GameScene) -> (Attendance, Seats) {
        let (_, mut seats) = parts(scene);
        let mut attendance = Attendance::new(scene, &seats, 1_000, EpochMs(0));
        for agent in [A, B] {
            join(&mut seats, agent);
            assert!(!attendance.arrive(agent));
        }
        (attendance, seats)
    }

    fn lose(attendance: &mut Attendance, seats: &mut Seats, now: EpochMs, from: EpochMs) {
        seats.player_mut(A).unwrap().disconnect();
        attendance.wait_for(now, A, from, seats);
    }

    #[test]
    fn who_is_lost_has_the_grace_time_and_then_has_left() {
        let (mut attendance, mut seats) = present(&pair().grace_ms(GRACE_MS));
        assert_eq!(attendance.first_deadline(&seats), None);
        lose(&mut attendance, &mut seats, EpochMs(5_000), EpochMs(5_000));
        assert_eq!(attendance.presences(&seats), [Presence::Reconnecting, Presence::Here]);
        assert_eq!(attendance.first_deadline(&seats), Some(EpochMs(15_000)));
        assert_eq!(attendance.expired(EpochMs(14_999), &seats), []);
        let left = vec![(A, "did not come back within 10000 ms".to_owned())];
        assert_eq!(attendance.expired(EpochMs(15_000), &seats), left);
        seats.depart(A, Outcome::Left, Tick(3), 0.0);
        assert_eq!(attendance.presences(&seats), [Presence::Left, Presence::Here]);
        assert_eq!(attendance.first_deadline(&seats), None);
    }

    #[test]
    fn three_grace_times_in_all_are_the_budget_and_the_last_is_cut() {
        let (mut attendance, mut seats) = present(&pair().grace_ms(GRACE_MS));
        for (now, until) in [(0, 10_000), (20_000, 30_000), (40_000, 50_000)] {
            lose(&mut attendance, &mut seats, EpochMs(now), EpochMs(now));
            assert_eq!(attendance.first_deadline(&seats), Some(EpochMs(until)));
            join(&mut seats, A);
            attendance.resume(EpochMs(now + 9_000), &seats);
        }
        lose(&mut attendance, &mut seats, EpochMs(60_000), EpochMs(60_000));
        assert_eq!(attendance.first_deadline(&seats), Some(EpochMs(63_000)));
        let left = vec![(A, "held the game up for 30000 ms in all".to_owned())];
        assert_eq!(attendance.expired(EpochMs(63_000), &seats), left);
    }

    #[test]
    fn a_budget_survives_a_lost_process_and_a_countdown_costs_none() {
        let (mut attendance, mut seats) = present(&pair().grace_ms(GRACE_MS));
        // Lost at 0, while a countdown runs until 3,000.
        lose(&mut attendance, &mut seats, EpochMs(0), EpochMs(3_000));
        join(&mut seats, A);
        attendance.excuse_present(EpochMs(9_000), &seats);
        let saved = attendance.save();
        assert_eq!(saved[0], SavedAttendee { arrived: true, pause_caused_ms: 6_000 });
        let (mut restored, seats) = present(&pair().grace_ms(GRACE_MS));
        restored.restore(saved.clone(), EpochMs(50_000));
        assert_eq!(restored.save(), saved);
        assert_eq!(restored.first_deadline(&seats), None);
    }

    #[test]
    fn where_no_one_else_waits_the_budget_has_no_end() {
        let (mut attendance, mut seats) = present(&pair().grace_ms(GRACE_MS));
        seats.depart(B, Outcome::Left, Tick(0), 0.0);
        for now in (0..10).map(|k| k * 20_000) {
            lose(&mut attendance, &mut seats, EpochMs(now), EpochMs(now));
            assert_eq!(attendance.first_deadline(&seats), Some(EpochMs(now) + GRACE_MS));
            join(&mut seats, A);
            attendance.resume(EpochMs(now + 9_999), &seats);
        }
    }

    #[test]
    fn a_dropout_ends_or_voids_the_game_or_leaves_the_seat_to_a_policy() {
        let (attendance, mut seats) = present(&pair());
        let replace = DropoutRule::Replace(chaser());
        let nothing = Consequence::Replace(Vec::new());
        for rule in [&DropoutRule::End, &DropoutRule::Void, &replace] {
            assert_eq!(attendance.consequence(rule, &seats), nothing);
        }
        seats.depart(A, Outcome::Left, Tick(0), 0.0);
        let finish = Consequence::Finish;
        assert_eq!(attendance.consequence(&DropoutRule::End, &seats), finish(Outcome::PartnerLeft));
        assert_eq!(attendance.consequence(&DropoutRule::Void, &seats), finish(Outcome::Void));
        assert_eq!(attendance.consequence(&replace, &seats), Consequence::Replace(vec![A]));
        // While the other one is away, too, they may still come back.
        seats.player_mut(B).unwrap().disconnect();
        assert_eq!(attendance.consequence(&DropoutRule::End, &seats), nothing);
        seats.depart(B, Outcome::Left, Tick(0), 0.0);
        for rule in [&DropoutRule::End, &DropoutRule::Void, &replace] {
            assert_eq!(attendance.consequence(rule, &seats), finish(Outcome::Abandoned));
        }
    }

    #[test]
    fn only_time_in_which_the_room_was_called_counts_as_looking_away() {
        let rule = PresenceRule::new(2_500.0, "look here").exclude(3_500.0, "gone");
        let (mut attendance, mut seats) = present(&pair().attention_rule(rule));
        seats.player_mut(A).unwrap().focused = false;
        let mut found = Vec::new();
        for now in [1_000, 2_000, 60_000, 60_500, 61_000] {
            found.extend(attendance.check_attention(EpochMs(now), true, &seats));
        }
        let (rule, agent) = (Rule::Attention, A);
        let warn = Finding { agent, rule, verdict: RuleVerdict::Warn, ms: 3_000.0 };
        let exclude = Finding { verdict: RuleVerdict::Exclude, ms: 3_500.0, ..warn };
        assert_eq!(found, [warn, exclude, Finding { ms: 4_000.0, ..exclude }]);
        assert_eq!(attendance.notice(A), "look here");
        assert_eq!((attendance.notice(B).as_str(), attendance.exclusion(rule).as_str()), ("", "gone"));
        assert_eq!(exclude.event(), (EventKind::Excluded, "not focused: 3500 ms".to_owned()));
    }

    #[test]
    fn time_in_which_the_game_stands_still_is_no_time_away() {
        let (mut attendance, mut seats) =
            present(&pair().attention_rule(PresenceRule::new(500.0, "look here")));
        seats.player_mut(A).unwrap().focused = false;
        assert_eq!(attendance.check_attention(EpochMs(1_000), false, &seats), []);
        assert_eq!(attendance.check_attention(EpochMs(1_100), true, &seats), []);
    }

    #[test]
    fn a_slow_connection_is_found_by_its_median() {
        let (mut attendance, mut seats) = present(&pair().latency_rule(PresenceRule::new(200.0, "slow")));
        for k in 0..5 {
            assert_eq!(attendance.check_latency(EpochMs(k * 1_000), A, &seats), None);
            seats.player_mut(A).unwrap().rtts.add(EpochMs(k * 1_000), 300.0);
        }
        let found = attendance.check_latency(EpochMs(5_000), A, &seats).map(|finding| finding.event());
        assert_eq!(found, Some((EventKind::PingWarning, "300 ms".to_owned())));
        assert!(attendance.is_warned(A) && !attendance.is_warned(B));
    }
}
