//! The round trips of the last seconds and their median.

use std::collections::VecDeque;

use footlights_protocol::EpochMs;

/// Older round trips do not count, ms.
const WINDOW_MS: u64 = 10_000;
/// With fewer round trips there is no median: one stall does not make a slow connection.
const MIN_SAMPLES: usize = 5;
/// Browsers send one ping a second; if one sends more, the oldest are dropped.
const MAX_SAMPLES: usize = 16;

/// The round trips that a browser measured within the last ten seconds.
#[derive(Debug, Clone, Default)]
pub struct RttWindow(VecDeque<(EpochMs, f32)>);

impl RttWindow {
    /// Adds a round trip of `ms`; 0 means that the browser has not measured one yet.
    pub fn add(&mut self, now: EpochMs, ms: f32) {
        if ms > 0.0 {
            self.0.push_back((now, ms));
        }
        while self.0.len() > MAX_SAMPLES || self.0.front().is_some_and(|(at, _)| now - *at > WINDOW_MS) {
            self.0.pop_front();
        }
    }

    /// Forgets all of them, because they belong to another connection.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The median, ms; `None` while there are too few.
    pub fn median(&self) -> Option<f64> {
        let mut sorted: Vec<f32> = self.0.iter().map(|(_, ms)| *ms).collect();
        sorted.sort_unstable_by(f32::total_cmp);
        let middle = sorted.get(sorted.len() / 2).filter(|_| sorted.len() >= MIN_SAMPLES)?;
        Some(f64::from(*middle))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_needs_five_round_trips_of_the_last_ten_seconds() {
        let mut rtts = RttWindow::default();
        for k in 0..4 {
            rtts.add(EpochMs(k * 1_000), 900.0);
        }
        rtts.add(EpochMs(4_000), 0.0);
        assert_eq!(rtts.median(), None);
        rtts.add(EpochMs(4_000), 20.0);
        assert_eq!(rtts.median(), Some(900.0));
        for k in 5..14 {
            rtts.add(EpochMs(k * 1_000), 20.0);
        }
        assert_eq!(rtts.median(), Some(20.0));
        for _ in 0..1_000 {
            rtts.add(EpochMs(13_000), 20.0);
        }
        assert!(rtts.0.len() <= MAX_SAMPLES);
    }
}
