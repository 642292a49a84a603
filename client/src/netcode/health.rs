//! How good the connection is: round trips, and the one word that the participant sees.

use std::collections::VecDeque;

/// The connection in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quality {
    /// Nothing to notice.
    Good,
    /// Own moves show late.
    Fair,
    /// Hard to play.
    Poor,
    /// Nothing arrives.
    Lost,
}

impl Quality {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Fair => "fair",
            Self::Poor => "poor",
            Self::Lost => "lost",
        }
    }
}

/// How many round trips are looked at.
const RECENT: usize = 5;

/// The last round trips. A median forgives one stall, and knows nothing any more of a slow start.
#[derive(Debug, Clone, Default)]
pub struct Health {
    recent: VecDeque<f64>,
}

impl Health {
    /// One round trip took that long, ms.
    pub fn measured(&mut self, rtt: f64) {
        if rtt.is_finite() && rtt >= 0.0 {
            if self.recent.len() >= RECENT {
                self.recent.pop_front();
            }
            self.recent.push_back(rtt);
        }
    }

    /// The median of the last round trips, ms.
    pub fn rtt(&self) -> Option<f64> {
        median(self.recent.iter().copied())
    }

    /// The last one, ms; 0 before the first.
    pub fn last(&self) -> f64 {
        self.recent.back().copied().unwrap_or(0.0)
    }

    /// How far they usually are from their median, ms.
    fn spread(&self) -> f64 {
        let middle = self.rtt().unwrap_or(0.0);
        median(self.recent.iter().map(|rtt| (rtt - middle).abs())).unwrap_or(0.0)
    }

    /// In one word, given for how long a question has been unanswered, ms.
    pub fn quality(&self, open: bool, unanswered: f64) -> Quality {
        let rtt = self.rtt().unwrap_or(0.0) + self.spread();
        match () {
            () if !open || unanswered >= 4000.0 => Quality::Lost,
            () if rtt >= 300.0 || unanswered >= 1500.0 => Quality::Poor,
            () if rtt >= 130.0 || unanswered >= 700.0 => Quality::Fair,
            () => Quality::Good,
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

    fn after(trips: impl IntoIterator<Item = f64>) -> Quality {
        let mut health = Health::default();
        trips.into_iter().for_each(|rtt| health.measured(rtt));
        health.quality(true, 0.0)
    }

    #[test]
    fn quality_follows_the_round_trip_and_its_spread() {
        assert_eq!(after([]), Quality::Good);
        assert_eq!(after([40.0; 20]), Quality::Good);
        assert_eq!(after([150.0; 20]), Quality::Fair);
        assert_eq!(after([400.0; 20]), Quality::Poor);
        assert_eq!(after((0..20).map(|k| if k % 2 == 0 { 20.0 } else { 190.0 })), Quality::Fair);
        assert_eq!(after((0..20).map(|k| if k % 5 == 0 { 900.0 } else { 20.0 })), Quality::Good, "one stall");
    }

    #[test]
    fn silence_worsens_it_step_by_step() {
        let mut health = Health::default();
        health.measured(30.0);
        let seen = [0.0, 800.0, 2000.0, 5000.0].map(|silent| health.quality(true, silent));
        assert_eq!(seen, [Quality::Good, Quality::Fair, Quality::Poor, Quality::Lost]);
        assert_eq!(health.quality(false, 0.0), Quality::Lost);
    }

    #[test]
    fn nonsense_is_not_measured() {
        let mut health = Health::default();
        health.measured(f64::NAN);
        health.measured(-5.0);
        assert_eq!(health.rtt(), None);
    }
}
