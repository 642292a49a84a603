//! When ticks are due by the room's own clock: on an absolute grid, rounded to whole milliseconds once each, so that
//! errors never add up.

use footlights_protocol::EpochMs;

/// Ticks made up for at once after a late call; if more are due, the schedule moves.
pub const MAX_CATCH_UP: u32 = 4;

/// Ticks at `phase + n * 1000 / fps`.
#[derive(Debug, Clone)]
pub struct Schedule {
    fps: f64,
    phase_ms: u64,
    /// The next tick's number on the grid.
    next: u64,
    /// How often the schedule was moved because the room was called too late.
    pub slips: u32,
}

impl Schedule {
    /// A schedule of `fps` ticks a second. Rooms with the same phase tick at the same moments.
    pub fn new(fps: f32, phase_ms: u64) -> Self {
        Self { fps: f64::from(fps), phase_ms, next: 0, slips: 0 }
    }

    /// The first tick will be the first one of the grid after `now`.
    pub fn start(&mut self, now: EpochMs) {
        self.next = ((now - EpochMs(self.phase_ms)) as f64 * self.fps / 1000.0).floor() as u64 + 1;
    }

    /// When the next tick is due.
    pub fn next(&self) -> EpochMs {
        EpochMs(self.phase_ms) + (self.next as f64 * 1000.0 / self.fps).round() as u64
    }

    /// Takes the next tick, if it is due.
    pub fn take_due(&mut self, now: EpochMs) -> bool {
        let due = now >= self.next();
        if due {
            self.next += 1;
        }
        due
    }

    /// Moves the schedule, which was found to be late: the next tick is the first one after `now`. Returns false if it is later
    /// already.
    pub fn skip_to(&mut self, now: EpochMs) -> bool {
        let is_behind = self.next() <= now;
        if is_behind {
            self.start(now);
            self.slips += 1;
        }
        is_behind
    }

    /// Moves the schedule if it is behind at `now`. Returns by how many ms it was.
    pub fn catch_up(&mut self, now: EpochMs) -> Option<u64> {
        let next = self.next();
        self.skip_to(now).then(|| now - next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_ticks_a_second_stay_sixty_over_an_hour() {
        let start = EpochMs(1_790_000_000_123);
        let mut schedule = Schedule::new(60.0, 5);
        schedule.start(start);
        let first = schedule.next();
        assert!(first > start && first <= start + 17);
        for _ in 0..60 * 3_600 {
            assert!(schedule.take_due(EpochMs(u64::MAX)));
        }
        assert!(schedule.next().0.abs_diff(first.0 + 3_600_000) <= 1);
    }

    #[test]
    fn rooms_with_the_same_phase_tick_at_the_same_moments() {
        let (mut a, mut b) = (Schedule::new(30.0, 7), Schedule::new(30.0, 7));
        a.start(EpochMs(1_000_000));
        b.start(EpochMs(1_003_337));
        while a.next() < b.next() {
            assert!(a.take_due(EpochMs(u64::MAX)));
        }
        assert_eq!(a.next(), b.next());
    }

    #[test]
    fn a_schedule_moves_when_it_is_behind_and_only_then() {
        let mut schedule = Schedule::new(10.0, 0);
        schedule.start(EpochMs(1_000));
        assert!(!schedule.take_due(EpochMs(1_099)));
        assert_eq!(schedule.catch_up(EpochMs(1_099)), None);
        assert!(schedule.take_due(EpochMs(1_950)));
        assert_eq!(schedule.catch_up(EpochMs(1_950)), Some(750));
        assert_eq!((schedule.next(), schedule.slips), (EpochMs(2_000), 1));
    }
}
