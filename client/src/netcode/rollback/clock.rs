//! At which tick a browser must be, so that its keys reach the room before the tick they are stamped with.
//!
//! Tick k is confirmed here at about `base + k · tick_ms`, where `base` follows the earliest arrivals. A message sent now
//! reaches the room a round trip after what is confirmed now was decided. So a key pressed now can count from the tick
//! that is confirmed `trip` later, and the browser is to be there already. `trip` is the smoothed round trip plus twice
//! its mean deviation (Jacobson's estimators as in RFC 6298, section 2, with 1/8 and 1/4).

/// Round trip before one was measured, ms.
const UNKNOWN_MS: f64 = 100.0;
/// More than this is not planned for, ms: the window of prediction is for seconds like that.
const MOST_MS: f64 = 1_000.0;
/// An arrival so many ticks later than it was due shows that the room's schedule moved.
const MOVED_TICKS: f64 = 8.0;

/// The room's ticks on the browser's clock.
#[derive(Debug, Clone)]
pub struct Clock {
    tick_ms: f64,
    base: Option<f64>,
    late: u32,
    srtt: Option<f64>,
    deviation: f64,
}

impl Clock {
    /// For a game with ticks this long, ms.
    pub fn new(tick_ms: f64) -> Self {
        Self { tick_ms, base: None, late: 0, srtt: None, deviation: 0.0 }
    }

    /// Length of a tick, ms.
    pub fn tick_ms(&self) -> f64 {
        self.tick_ms
    }

    /// A round trip was measured.
    pub fn round_trip(&mut self, ms: f64) {
        if !(0.0..60_000.0).contains(&ms) {
            return;
        }
        match &mut self.srtt {
            Some(srtt) => {
                self.deviation += ((ms - *srtt).abs() - self.deviation) / 4.0;
                *srtt += (ms - *srtt) / 8.0;
            }
            None => {
                self.srtt = Some(ms);
                self.deviation = ms / 2.0;
            }
        }
    }

    /// How long it takes until a message sent now is confirmed here, at the latest as a rule; ms.
    pub fn trip_ms(&self) -> f64 {
        (self.srtt.unwrap_or(UNKNOWN_MS) + 2.0 * self.deviation).min(MOST_MS)
    }

    /// The game starts or goes on: the tick after `tick` is due one tick from now.
    pub fn start(&mut self, tick: u32, now: f64) {
        self.base = Some(now - f64::from(tick) * self.tick_ms);
        self.late = 0;
    }

    /// When tick `tick` is, or was, confirmed here, if all is as usual.
    pub fn due(&self, tick: u32) -> f64 {
        self.base.map_or(f64::INFINITY, |base| base + f64::from(tick) * self.tick_ms)
    }

    /// Tick `tick` was confirmed.
    pub fn confirmed(&mut self, tick: u32, now: f64) {
        let base = now - f64::from(tick) * self.tick_ms;
        let known = *self.base.get_or_insert(base);
        let late = base - known;
        if late <= 0.0 {
            self.base = Some(base);
            self.late = 0;
        } else if late > MOVED_TICKS * self.tick_ms {
            // One stall is a stall; a second's worth of them is another schedule.
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

    /// The tick that is confirmed here now, with its fraction; none before the first.
    pub fn confirmed_at(&self, now: f64) -> Option<f64> {
        Some((now - self.base?) / self.tick_ms)
    }
}
