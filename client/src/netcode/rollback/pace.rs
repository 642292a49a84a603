//! When the present runs, and how fast: it begins before the room does, and follows the room's clock by slewing.

use footlights_protocol::InputDelay;

use super::Rollback;

/// The rate at which the present runs differs from the room's by this share at most, while it makes up for an error.
const SLEW: f64 = 0.1;
/// By this share, while the error is more than [`FAR_TICKS`]: when a game starts, and after a stall.
const FAST: f64 = 0.5;
const FAR_TICKS: f64 = 3.0;
/// An error of more ticks than this is not slewed: ahead is jumped to, behind is waited for.
const JUMP_TICKS: f64 = 20.0;
/// An input delay that could be shorter gets shorter by one tick in this time, ms.
const SHORTEN_MS: f64 = 2_000.0;

impl Rollback {
    /// The room's ticks run, or will in so many ms; or the game stands still. This browser begins before the room does,
    /// so that its first keys are in time.
    pub fn run(&mut self, begins: Option<f64>, now: f64) {
        let Some(ms) = begins else {
            if self.running {
                self.stand_still();
            }
            return;
        };
        if ms > 0.0 && self.running && !self.counting {
            self.stand_still();
        }
        if !self.running {
            self.phase = f64::from(self.confirmed.tick());
            self.stale = true;
            self.asked = None;
        }
        if ms > 0.0 || !self.running {
            self.clock.start(self.confirmed.tick(), now + ms);
            self.counting = true;
        }
        self.running = true;
    }

    /// When this browser begins, if the room still counts down.
    pub fn begins_at(&self) -> f64 {
        if self.counting && !self.has_begun() {
            let delay = f64::from(self.delayed) * self.clock.tick_ms();
            // A millisecond for what rounding takes away.
            self.clock.due(self.confirmed.tick()) - self.clock.trip_ms() + delay + 1.0
        } else {
            f64::INFINITY
        }
    }

    /// Whether this browser has begun though the room has not.
    pub fn has_begun(&self) -> bool {
        self.counting && self.phase > f64::from(self.confirmed.tick())
    }

    /// What was guessed beyond the last confirmed tick will not be.
    pub(super) fn stand_still(&mut self) {
        (self.running, self.counting) = (false, false);
        self.phase = f64::from(self.confirmed.tick());
        self.stale = true;
    }

    /// Where the present ought to be, in ticks; unknown while the game stands still.
    pub(super) fn target(&self, now: f64) -> Option<f64> {
        if self.alone {
            return None;
        }
        let at = self.clock.confirmed_at(now).filter(|_| self.running)?;
        Some((at + self.clock.trip_ms() / self.clock.tick_ms() - f64::from(self.delayed)).max(0.0))
    }

    /// Moves the phase towards where it ought to be.
    pub(super) fn follow(&mut self, passed: f64, now: f64) {
        let tick_ms = self.clock.tick_ms();
        if self.alone {
            self.phase += passed / tick_ms;
        } else {
            self.adapt(self.clock.trip_ms() / tick_ms, passed);
            let Some(target) = self.target(now) else { return };
            let error = target - self.phase;
            if self.counting {
                // Nothing has moved yet that could jump.
                self.phase = self.phase.max(target);
            } else if error > JUMP_TICKS {
                self.phase = target;
            } else if error > -JUMP_TICKS {
                let most = if error.abs() > FAR_TICKS { FAST } else { SLEW };
                self.phase += passed / tick_ms * (1.0 + (error / 10.0).clamp(-most, most));
            }
        }
        let limit = f64::from(self.confirmed.tick() + self.window) + 1.0;
        if self.phase >= limit {
            // Lockstep is always there.
            self.stalled_ms += if self.window > 0 { passed } else { 0.0 };
            // Just below the limit: the way to the next tick is gone, and the tick itself is not.
            self.phase = limit - 1e-6;
        }
        self.phase = self.phase.max(f64::from(self.confirmed.tick()));
    }

    /// The delay that fits a trip of so many ticks.
    fn adapt(&mut self, trip: f64, passed: f64) {
        let InputDelay::Adaptive { most } = self.delay else { return };
        let wanted = (trip - f64::from(self.window) / 2.0).ceil().clamp(0.0, f64::from(most)) as u32;
        self.shortened += passed;
        if wanted >= self.delayed {
            self.delayed = wanted;
            self.shortened = 0.0;
        } else if self.shortened >= SHORTEN_MS {
            self.delayed -= 1;
            self.shortened = 0.0;
        }
    }
}
