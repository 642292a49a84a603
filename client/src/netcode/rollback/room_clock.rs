//! The schedule of the room's ticks on the browser's clock.
//!
//! Tick k is confirmed here at about `base + k · tick_ms`, where `base` follows the earliest arrivals. A message that is
//! sent now reaches the room a round trip after what is confirmed now was decided. So a key that is pressed now can count
//! from the tick that is confirmed a round trip later, and the browser has to be there already.

use footlights_protocol::{MonotonicMs, Tick};

/// An arrival this many ticks later than it was due shows that the room's schedule moved.
const MOVED_TICKS: f64 = 8.0;

/// The room's ticks on the browser's clock.
#[derive(Debug, Clone)]
pub struct RoomClock {
    tick_ms: f64,
    base: Option<MonotonicMs>,
    /// Arrivals in a row that were much later than due.
    late: u32,
}

impl RoomClock {
    /// For a game with ticks of this length, ms.
    pub fn new(tick_ms: f64) -> Self {
        Self { tick_ms, base: None, late: 0 }
    }

    /// Length of a tick, ms.
    pub fn tick_ms(&self) -> f64 {
        self.tick_ms
    }

    /// The game starts or resumes: the tick after `tick` is due one tick from now.
    pub fn start(&mut self, tick: Tick, now: MonotonicMs) {
        self.base = Some(now - f64::from(tick) * self.tick_ms);
        self.late = 0;
    }

    /// When tick `tick` is usually confirmed here; infinite before the start.
    pub fn due(&self, tick: Tick) -> MonotonicMs {
        self.base.map_or(MonotonicMs::NEVER, |base| base + f64::from(tick) * self.tick_ms)
    }

    /// Tick `tick` was confirmed.
    pub fn on_confirmed(&mut self, tick: Tick, now: MonotonicMs) {
        let base = now - f64::from(tick) * self.tick_ms;
        let known = *self.base.get_or_insert(base);
        let late = base - known;
        if late <= 0.0 {
            self.base = Some(base);
            self.late = 0;
        } else if late > MOVED_TICKS * self.tick_ms {
            // One stall is a stall; a second of stalls is another schedule.
            self.late += 1;
            if f64::from(self.late) * self.tick_ms > 1_000.0 {
                self.start(tick, now);
            }
        } else {
            // Creeps up, so that a schedule that slips, or a clock that runs slow, is followed.
            self.late = 0;
            self.base = Some(known + late / 64.0);
        }
    }

    /// The tick that is confirmed here now, with its fraction; `None` before the start.
    pub fn confirmed_at(&self, now: MonotonicMs) -> Option<f64> {
        Some((now - self.base?) / self.tick_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: f64 = 50.0;

    #[test]
    fn it_follows_the_earliest_arrivals_and_forgives_late_ones() {
        let mut clock = RoomClock::new(TICK);
        assert_eq!((clock.due(Tick(3)), clock.confirmed_at(MonotonicMs(0.0))), (MonotonicMs::NEVER, None));
        clock.start(Tick(0), MonotonicMs(1_000.0));
        assert_eq!(clock.due(Tick(2)), MonotonicMs(1_100.0));
        clock.on_confirmed(Tick(1), MonotonicMs(1_040.0));
        assert_eq!(clock.due(Tick(2)), MonotonicMs(1_090.0), "earlier than expected");
        clock.on_confirmed(Tick(2), MonotonicMs(1_154.0));
        assert_eq!(clock.due(Tick(3)), MonotonicMs(1_141.0), "64 ms late moves it by one");
    }

    #[test]
    fn one_stall_is_forgiven_and_a_second_of_them_is_another_schedule() {
        let mut clock = RoomClock::new(TICK);
        clock.start(Tick(0), MonotonicMs(0.0));
        let late = 10.0 * TICK;
        for tick in 1..=20 {
            clock.on_confirmed(Tick(tick), MonotonicMs(f64::from(tick) * TICK + late));
        }
        assert_eq!(clock.due(Tick(21)), MonotonicMs(21.0 * TICK));
        clock.on_confirmed(Tick(21), MonotonicMs(21.0 * TICK + late));
        assert_eq!(clock.due(Tick(22)), MonotonicMs(22.0 * TICK + late));
    }
}
