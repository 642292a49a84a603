//! What the room must be told: how ticks were shown here, and ticks that a restarted room has forgotten.

use std::collections::VecDeque;

use footlights_protocol::{
    Tick,
    wire::{ConfirmedTick, RenderReport, TickReport},
};

/// Tick reports in one message, which must be short.
const MAX_TICK_REPORTS: usize = 40;
/// Tick reports that wait for a message; beyond that the oldest are forgotten.
const MAX_WAITING: usize = 10_000;
/// Confirmed ticks that are kept until they are persisted, which takes about two seconds.
const MAX_LOG: usize = 3_600;

/// Ticks that are unknown here, because a snapshot skipped them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Gap {
    /// The last tick before them.
    after: Tick,
    /// The last of them.
    through: Tick,
}

/// Everything about confirmed ticks that the room has yet to hear, or may need again.
#[derive(Debug, Clone, Default)]
pub struct Reporter {
    /// Confirmed ticks that are not persisted yet, as they arrived.
    log: VecDeque<ConfirmedTick>,
    /// Ticks that were not predicted rightly and without a stall, oldest first.
    ticks: VecDeque<TickReport>,
    /// Up to this tick everything was reported, or is unknown here.
    reported: Tick,
    gap: Option<Gap>,
    reported_stall_ms: f64,
    /// How often a prediction was wrong.
    rollbacks: u32,
    /// The most ticks that a rollback undid.
    deepest: u32,
}

impl Reporter {
    /// How often a prediction was wrong, and how many ticks that undid at most.
    pub fn rollbacks(&self) -> (u32, u32) {
        (self.rollbacks, self.deepest)
    }

    /// Keeps a confirmed tick until it is persisted, for a room that is restarted before that.
    pub fn log(&mut self, confirmed: &ConfirmedTick) {
        if let Some(persisted) = confirmed.persisted {
            while self.log.pop_front_if(|kept| kept.tick <= persisted).is_some() {}
        }
        self.log.push_back(confirmed.clone());
        if self.log.len() > MAX_LOG {
            self.log.pop_front();
        }
    }

    /// The confirmed ticks after `tick`; `None` if the next one is not known here, because there is none or it is persisted.
    pub fn confirmed_after(&self, tick: Tick) -> Option<Vec<ConfirmedTick>> {
        let first = self.log.iter().position(|kept| kept.tick == tick.next())?;
        Some(self.log.iter().skip(first).cloned().collect())
    }

    /// The part of `stalled_ms`, the total so far, that was not reported before; from now on it is.
    pub fn take_stall(&mut self, stalled_ms: f64) -> f64 {
        stalled_ms - std::mem::replace(&mut self.reported_stall_ms, stalled_ms)
    }

    /// A tick was confirmed. It is worth a report if it was not predicted rightly and without a stall.
    pub fn on_tick(&mut self, report: TickReport) {
        let depth = u32::from(report.rollback);
        self.rollbacks += u32::from(depth > 0);
        self.deepest = self.deepest.max(depth);
        if depth > 0 || !report.predicted || report.stalled_ms > 0 {
            self.ticks.push_back(report);
        }
        if self.ticks.len() > MAX_WAITING {
            self.ticks.pop_front();
        }
    }

    /// A snapshot took the confirmed state from tick `before` to `tick`.
    pub fn on_snapshot(&mut self, before: Tick, tick: Tick) {
        if tick > before {
            let after = self.gap.map_or(before, |gap| gap.after);
            self.gap = Some(Gap { after, through: tick });
        } else {
            // The room decides these ticks again.
            self.reported = self.reported.min(tick);
            self.gap = self
                .gap
                .filter(|gap| gap.after < tick)
                .map(|gap| Gap { through: gap.through.min(tick), ..gap });
            self.ticks.retain(|report| report.tick <= tick);
        }
        if self.log.back().is_some_and(|kept| kept.tick != tick) {
            self.log.clear();
        }
    }

    /// Whether a tick waits to be reported that was not predicted rightly and without a stall.
    pub fn has_reports(&self) -> bool {
        !self.ticks.is_empty()
    }

    /// How the ticks since the last report were shown, up to the tick `confirmed` at most. What a snapshot skipped is in
    /// no report. The digest is left to the caller.
    pub fn report(&mut self, confirmed: Tick, input_delay: u32) -> RenderReport {
        if let Some(gap) = self.gap.take_if(|gap| self.reported >= gap.after) {
            self.reported = gap.through;
        }
        let end = self.gap.map_or(confirmed, |gap| gap.after);
        let due = self.ticks.iter().take_while(|report| report.tick <= end).count();
        let notes: Vec<TickReport> = self.ticks.drain(..due.min(MAX_TICK_REPORTS)).collect();
        let last = notes.last().filter(|_| due > MAX_TICK_REPORTS).map(|report| report.tick);
        let until = last.unwrap_or(end);
        let from = std::mem::replace(&mut self.reported, until);
        let input_delay = u8::try_from(input_delay).unwrap_or(u8::MAX);
        RenderReport { until, digest: None, input_delay, notes, ticks: until - from }
    }
}

#[cfg(test)]
mod tests {
    use footlights_protocol::EpochMs;

    use super::*;

    fn confirmed(tick: Tick, persisted: Option<Tick>) -> ConfirmedTick {
        ConfirmedTick { tick, at_ms: EpochMs(0), moves: Vec::new(), tag: 0, digest: None, persisted }
    }

    fn missed(tick: Tick) -> TickReport {
        TickReport { tick, predicted: false, rollback: 0, stalled_ms: 0 }
    }

    fn ticks(kept: Option<Vec<ConfirmedTick>>) -> Option<Vec<Tick>> {
        Some(kept?.iter().map(|kept| kept.tick).collect())
    }

    #[test]
    fn a_room_gets_back_ticks_that_are_not_persisted() {
        let mut reporter = Reporter::default();
        (1..=5).for_each(|tick| reporter.log(&confirmed(Tick(tick), None)));
        assert_eq!(ticks(reporter.confirmed_after(Tick(3))), Some(vec![Tick(4), Tick(5)]));
        assert_eq!(ticks(reporter.confirmed_after(Tick(5))), None);
        reporter.log(&confirmed(Tick(6), Some(Tick(4))));
        assert_eq!(ticks(reporter.confirmed_after(Tick(3))), None, "stored");
        assert_eq!(ticks(reporter.confirmed_after(Tick(4))), Some(vec![Tick(5), Tick(6)]));
        reporter.on_snapshot(Tick(6), Tick(9));
        assert_eq!(ticks(reporter.confirmed_after(Tick(4))), None, "there is a gap");
    }

    #[test]
    fn only_what_is_not_as_it_should_be_is_reported() {
        let mut reporter = Reporter::default();
        reporter.on_tick(TickReport { predicted: true, ..missed(Tick(1)) });
        assert!(!reporter.has_reports());
        reporter.on_tick(TickReport { predicted: true, rollback: 3, ..missed(Tick(2)) });
        reporter.on_tick(missed(Tick(3)));
        let report = reporter.report(Tick(5), 2);
        assert_eq!((report.until, report.ticks, report.notes.len(), report.input_delay), (Tick(5), 5, 2, 2));
        assert_eq!(reporter.rollbacks(), (1, 3));
        assert_eq!(reporter.report(Tick(9), 0).ticks, 4);
    }

    #[test]
    fn a_long_report_goes_on_in_the_next_one() {
        let mut reporter = Reporter::default();
        (1..=50).for_each(|tick| reporter.on_tick(missed(Tick(tick))));
        let first = reporter.report(Tick(60), 0);
        assert_eq!((first.until, first.notes.len()), (Tick(40), MAX_TICK_REPORTS));
        let second = reporter.report(Tick(60), 0);
        assert_eq!((second.until, second.ticks, second.notes.len()), (Tick(60), 20, 10));
    }

    #[test]
    fn what_a_snapshot_skipped_is_in_no_report() {
        let mut reporter = Reporter::default();
        reporter.on_snapshot(Tick(10), Tick(30));
        let before = reporter.report(Tick(35), 0);
        assert_eq!((before.until, before.ticks), (Tick(10), 10));
        let after = reporter.report(Tick(35), 0);
        assert_eq!((after.until, after.ticks), (Tick(35), 5));
    }

    #[test]
    fn ticks_that_are_decided_again_are_reported_again() {
        let mut reporter = Reporter::default();
        (1..=20).for_each(|tick| reporter.on_tick(missed(Tick(tick))));
        reporter.report(Tick(10), 0);
        reporter.on_snapshot(Tick(20), Tick(5));
        let report = reporter.report(Tick(8), 0);
        assert_eq!((report.until, report.ticks, report.notes), (Tick(8), 3, Vec::new()));
    }

    #[test]
    fn a_stall_is_reported_once() {
        let mut reporter = Reporter::default();
        assert_eq!((reporter.take_stall(70.0), reporter.take_stall(90.0)), (70.0, 20.0));
    }
}
