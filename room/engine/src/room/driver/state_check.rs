//! Compares the states that browsers come to with the room's, and keeps account of what they reported of it.

use std::collections::VecDeque;

use footlights_env::Agent;
use footlights_protocol::{EpochMs, Tick, wire::RenderReport};

use super::repair_limit::RepairLimit;

/// How often in a second browsers are sent the digest of the state.
const DIGESTS_PER_SECOND: f32 = 3.0;
/// For how many seconds digests are remembered.
const DIGEST_MEMORY_S: f32 = 10.0;

/// What follows from a digest that a browser reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// The states are the same.
    Same,
    /// The browser's state is another one and must be repaired.
    Different {
        /// The room's digest; `None` if the tick is too long ago.
        known: Option<u64>,
    },
    /// Nothing follows: the tick is forgotten, settled, or was repaired just now.
    Undecided,
}

/// What is known of one seat's browser.
#[derive(Debug, Clone, Default)]
struct SeatCheck {
    /// The last tick of which the browser has reported how it showed it.
    reported_through: Tick,
    /// The tick of the last snapshot; what the browser reports of earlier ticks is settled.
    snapshot_tick: Tick,
    repairs: RepairLimit,
}

/// The digests of the last seconds, and what browsers reported of them.
#[derive(Debug, Clone)]
pub struct StateCheck {
    /// (tick, digest), in order.
    digests: VecDeque<(Tick, u64)>,
    max_digests: usize,
    /// Browsers are sent the digest of every tick that is a multiple of this.
    send_every: u32,
    seats: Vec<SeatCheck>,
}

impl StateCheck {
    /// Nothing is known yet of `agents` seats in a game of `fps` ticks a second.
    pub fn new(agents: usize, fps: f32) -> Self {
        Self {
            digests: VecDeque::new(),
            max_digests: (fps * DIGEST_MEMORY_S) as usize,
            send_every: (fps / DIGESTS_PER_SECOND).max(1.0) as u32,
            seats: vec![SeatCheck::default(); agents],
        }
    }

    /// Remembers the digest of a tick. Returns it if browsers are to be sent it.
    pub fn remember(&mut self, tick: Tick, digest: u64) -> Option<u64> {
        self.digests.push_back((tick, digest));
        if self.digests.len() > self.max_digests {
            self.digests.pop_front();
        }
        tick.0.is_multiple_of(self.send_every).then_some(digest)
    }

    fn digest_at(&self, tick: Tick) -> Option<u64> {
        let known = self.digests.binary_search_by_key(&tick, |(known, _)| *known).ok()?;
        self.digests.get(known).map(|(_, digest)| *digest)
    }

    /// A browser reports which digest its state had after a tick.
    pub fn judge(&mut self, now: EpochMs, agent: Agent, tick: Tick, digest: u64) -> Judgement {
        match self.digest_at(tick) {
            Some(known) if known == digest => Judgement::Same,
            Some(_) => self.contradict(now, agent, tick, digest),
            None => Judgement::Undecided,
        }
    }

    /// A browser claims that its state after a tick is another one than the room's.
    pub fn contradict(&mut self, now: EpochMs, agent: Agent, tick: Tick, digest: u64) -> Judgement {
        let known = self.digest_at(tick);
        let Some(seat) = self.seats.get_mut(agent.index()) else { return Judgement::Undecided };
        if known == Some(digest) || tick <= seat.snapshot_tick || !seat.repairs.take(now) {
            return Judgement::Undecided;
        }
        Judgement::Different { known }
    }

    /// A seat is sent the whole state after `tick`.
    pub fn snapshot_sent(&mut self, agent: Agent, tick: Tick) {
        if let Some(seat) = self.seats.get_mut(agent.index()) {
            seat.snapshot_tick = tick;
        }
    }

    /// How often a seat may be repaired.
    pub fn repairs_mut(&mut self, agent: Agent) -> Option<&mut RepairLimit> {
        self.seats.get_mut(agent.index()).map(|seat| &mut seat.repairs)
    }

    /// Cuts a browser's report down to ticks that there were and that it has not reported before; `None` if nothing is
    /// left. `tick` is the room's last tick.
    pub fn accept_report(
        &mut self,
        agent: Agent,
        tick: Tick,
        mut report: RenderReport,
    ) -> Option<RenderReport> {
        let seat = self.seats.get_mut(agent.index())?;
        let from = (report.until - report.ticks).max(seat.reported_through);
        report.until = report.until.min(tick);
        seat.reported_through = seat.reported_through.max(report.until);
        if report.until <= from {
            return None;
        }
        report.ticks = report.until - from;
        report.notes.retain(|note| from < note.tick && note.tick <= report.until);
        report.notes.dedup_by_key(|note| note.tick);
        Some(report)
    }

    /// Whether a browser has not reported all ticks up to `tick` yet.
    pub fn owes_report(&self, agent: Agent, tick: Tick) -> bool {
        self.seats.get(agent.index()).is_some_and(|seat| seat.reported_through < tick)
    }
}

#[cfg(test)]
mod tests {
    use footlights_protocol::wire::TickReport;

    use super::*;

    const A: Agent = Agent(0);

    fn check() -> StateCheck {
        let mut check = StateCheck::new(2, 30.0);
        for tick in 1..=400 {
            assert_eq!(check.remember(Tick(tick), u64::from(tick) * 7).is_some(), tick % 10 == 0);
        }
        check
    }

    #[test]
    fn a_different_state_is_repaired_once_and_what_came_before_the_repair_is_settled() {
        let mut check = check();
        assert_eq!(check.judge(EpochMs(0), A, Tick(400), 2_800), Judgement::Same);
        assert_eq!(check.judge(EpochMs(0), A, Tick(390), 1), Judgement::Different { known: Some(2_730) });
        check.snapshot_sent(A, Tick(400));
        assert_eq!(check.judge(EpochMs(5_000), A, Tick(395), 1), Judgement::Undecided);
        check.remember(Tick(401), 9);
        assert_eq!(check.judge(EpochMs(5_000), A, Tick(401), 1), Judgement::Different { known: Some(9) });
        assert_eq!(check.judge(EpochMs(5_100), A, Tick(401), 1), Judgement::Undecided);
    }

    #[test]
    fn a_forgotten_tick_can_be_contradicted_and_not_confirmed() {
        let mut check = check();
        assert_eq!(check.judge(EpochMs(0), A, Tick(100), 700), Judgement::Undecided);
        assert_eq!(check.contradict(EpochMs(0), A, Tick(100), 700), Judgement::Different { known: None });
    }

    #[test]
    fn a_report_counts_for_each_tick_once_and_for_none_that_was_not() {
        let mut check = check();
        let note = |tick| TickReport { tick, predicted: true, rollback: 0, stalled_ms: 0 };
        let report = |until, ticks, notes: &[u32]| RenderReport {
            until,
            ticks,
            notes: notes.iter().map(|tick| note(Tick(*tick))).collect(),
            ..RenderReport::default()
        };
        let first = check.accept_report(A, Tick(100), report(Tick(50), u32::MAX, &[3, 3, 60])).unwrap();
        assert_eq!((first.until, first.ticks, first.notes.len()), (Tick(50), 50, 1));
        assert_eq!(check.accept_report(A, Tick(100), report(Tick(40), 40, &[])), None);
        let second = check.accept_report(A, Tick(100), report(Tick(900), 890, &[50, 51, 100, 101])).unwrap();
        assert_eq!((second.until, second.ticks, second.notes.len()), (Tick(100), 50, 2));
        assert!(!check.owes_report(A, Tick(100)));
        assert!(check.owes_report(A, Tick(101)));
        assert!(check.owes_report(Agent(1), Tick(1)));
    }
}
