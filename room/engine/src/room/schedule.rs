//! When ticks are due: on an absolute grid, rounded to whole milliseconds once each, so that errors never add up.

/// Ticks at `phase + n * 1000 / fps`.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    fps: f64,
    phase_ms: u64,
    /// The next tick's number on the grid.
    next: u64,
}

impl Schedule {
    pub fn new(fps: f32, phase_ms: u64) -> Self {
        Self { fps: f64::from(fps), phase_ms, next: 0 }
    }

    /// The first tick will be the first of the grid behind `now`.
    pub fn start(&mut self, now: u64) {
        self.next = (now.saturating_sub(self.phase_ms) as f64 * self.fps / 1000.0).floor() as u64 + 1;
    }

    /// When the next tick is due.
    pub fn next(&self) -> u64 {
        self.phase_ms + (self.next as f64 * 1000.0 / self.fps).round() as u64
    }

    pub fn done(&mut self) {
        self.next += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_ticks_a_second_stay_sixty_over_an_hour() {
        let start = 1_790_000_000_123;
        let mut schedule = Schedule::new(60.0, 5);
        schedule.start(start);
        let first = schedule.next();
        assert!(first > start && first <= start + 17);
        for _ in 0..60 * 3_600 {
            schedule.done();
        }
        assert!(schedule.next().abs_diff(first + 3_600_000) <= 1);
    }

    #[test]
    fn rooms_with_the_same_phase_tick_at_the_same_moments() {
        let (mut a, mut b) = (Schedule::new(30.0, 7), Schedule::new(30.0, 7));
        a.start(1_000_000);
        b.start(1_003_337);
        while a.next() < b.next() {
            a.done();
        }
        assert_eq!(a.next(), b.next());
    }
}
