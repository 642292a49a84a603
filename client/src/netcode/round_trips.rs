//! Round trips to the server, measured once and used twice: a median for the participant's eyes, and a smoothed upper
//! estimate for the ticks of a game that this browser simulates.

use std::collections::VecDeque;

/// The connection in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionQuality {
    /// Nothing to notice.
    Good,
    /// Own moves show late.
    Fair,
    /// Hard to play.
    Poor,
    /// Nothing arrives.
    Lost,
}

impl ConnectionQuality {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Fair => "fair",
            Self::Poor => "poor",
            Self::Lost => "lost",
        }
    }
}

/// Number of round trips in the median.
const RECENT: usize = 5;
/// The trip to plan for before a round trip was measured, ms.
pub const UNMEASURED_TRIP_MS: f64 = 100.0;
/// The longest trip to plan for, ms: the window of prediction covers seconds that are worse.
const MAX_TRIP_MS: f64 = 1_000.0;
/// A longer round trip says that the page was frozen, and nothing of the network, ms.
const FROZEN_MS: f64 = 60_000.0;

/// The round trips of one connection.
///
/// The median of the last few forgives one stall and soon forgets a slow start. The smoothed round trip and its mean
/// deviation are Jacobson's estimators (RFC 6298, section 2, with 1/8 and 1/4).
#[derive(Debug, Clone, Default)]
pub struct RoundTrips {
    recent: VecDeque<f64>,
    smoothed_ms: Option<f64>,
    deviation_ms: f64,
}

impl RoundTrips {
    /// Adds a measured round trip, ms. Ignores what no clock can measure.
    pub fn record(&mut self, ms: f64) {
        if !(ms.is_finite() && ms >= 0.0) {
            return;
        }
        if self.recent.len() >= RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(ms);
        if ms < FROZEN_MS {
            self.smooth(ms);
        }
    }

    fn smooth(&mut self, ms: f64) {
        match &mut self.smoothed_ms {
            Some(smoothed_ms) => {
                self.deviation_ms += ((ms - *smoothed_ms).abs() - self.deviation_ms) / 4.0;
                *smoothed_ms += (ms - *smoothed_ms) / 8.0;
            }
            None => {
                self.smoothed_ms = Some(ms);
                self.deviation_ms = ms / 2.0;
            }
        }
    }

    /// The median of the last round trips, ms; `None` before the first.
    pub fn median(&self) -> Option<f64> {
        median(self.recent.iter().copied())
    }

    /// The last round trip, ms; 0 before the first.
    pub fn last(&self) -> f64 {
        self.recent.back().copied().unwrap_or(0.0)
    }

    /// The round trip to plan for, ms: nearly every message is answered in this time. It is the smoothed round trip
    /// plus twice its mean deviation.
    pub fn trip_ms(&self) -> f64 {
        (self.smoothed_ms.unwrap_or(UNMEASURED_TRIP_MS) + 2.0 * self.deviation_ms).min(MAX_TRIP_MS)
    }

    /// The median distance of the last round trips from their median, ms.
    fn spread(&self) -> f64 {
        let middle = self.median().unwrap_or(0.0);
        median(self.recent.iter().map(|rtt| (rtt - middle).abs())).unwrap_or(0.0)
    }

    /// The connection in one word. `unanswered_ms` is how long a request has been without an answer.
    pub fn quality(&self, is_open: bool, unanswered_ms: f64) -> ConnectionQuality {
        let rtt = self.median().unwrap_or(0.0) + self.spread();
        match () {
            () if !is_open || unanswered_ms >= 4000.0 => ConnectionQuality::Lost,
            () if rtt >= 300.0 || unanswered_ms >= 1500.0 => ConnectionQuality::Poor,
            () if rtt >= 130.0 || unanswered_ms >= 700.0 => ConnectionQuality::Fair,
            () => ConnectionQuality::Good,
        }
    }
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(times: impl IntoIterator<Item = f64>) -> ConnectionQuality {
        let mut trips = RoundTrips::default();
        times.into_iter().for_each(|rtt| trips.record(rtt));
        trips.quality(true, 0.0)
    }

    #[test]
    fn quality_follows_the_round_trip_and_its_spread() {
        assert_eq!(after([]), ConnectionQuality::Good);
        assert_eq!(after([40.0; 20]), ConnectionQuality::Good);
        assert_eq!(after([150.0; 20]), ConnectionQuality::Fair);
        assert_eq!(after([400.0; 20]), ConnectionQuality::Poor);
        assert_eq!(after((0..20).map(|k| if k % 2 == 0 { 20.0 } else { 190.0 })), ConnectionQuality::Fair);
        assert_eq!(
            after((0..20).map(|k| if k % 5 == 0 { 900.0 } else { 20.0 })),
            ConnectionQuality::Good,
            "one stall"
        );
    }

    #[test]
    fn silence_worsens_it_step_by_step() {
        let mut trips = RoundTrips::default();
        trips.record(30.0);
        let seen = [0.0, 800.0, 2000.0, 5000.0].map(|silent| trips.quality(true, silent));
        assert_eq!(
            seen,
            [
                ConnectionQuality::Good,
                ConnectionQuality::Fair,
                ConnectionQuality::Poor,
                ConnectionQuality::Lost
            ]
        );
        assert_eq!(trips.quality(false, 0.0), ConnectionQuality::Lost);
    }

    #[test]
    fn nonsense_is_not_recorded() {
        let mut trips = RoundTrips::default();
        trips.record(f64::NAN);
        trips.record(-5.0);
        assert_eq!(trips.median(), None);
    }

    #[test]
    fn the_trip_to_plan_for_is_above_nearly_every_round_trip_and_has_a_limit() {
        let mut trips = RoundTrips::default();
        assert_eq!(trips.trip_ms(), UNMEASURED_TRIP_MS);
        trips.record(40.0);
        assert_eq!(trips.trip_ms(), 80.0, "half of the first one is its deviation");
        for _ in 0..40 {
            trips.record(40.0);
        }
        assert!((trips.trip_ms() - 40.0).abs() < 1.0, "{}", trips.trip_ms());
        for k in 0..40 {
            trips.record(if k % 2 == 0 { 30.0 } else { 50.0 });
        }
        assert!((50.0..70.0).contains(&trips.trip_ms()), "{}", trips.trip_ms());
        for _ in 0..40 {
            trips.record(5_000.0);
        }
        assert_eq!(trips.trip_ms(), MAX_TRIP_MS);
    }

    #[test]
    fn the_sleep_of_a_frozen_page_is_no_trip_to_plan_for() {
        let mut trips = RoundTrips::default();
        trips.record(3_600_000.0);
        assert_eq!((trips.trip_ms(), trips.last()), (UNMEASURED_TRIP_MS, 3_600_000.0));
    }
}
