//! Watches over a person's connection and attention: when to warn, and when it is too much.

use std::collections::VecDeque;

use footlights_experiment::PresenceRule;

/// Round trips older than this are not looked at.
const RECENT_MS: u64 = 10_000;
/// With fewer round trips than this in that time nothing is said: one stall is no bad connection.
const FEWEST: usize = 5;
/// Pings come once a second; who sends more pushes out the oldest.
const MOST: usize = 16;
/// A person is not warned of the same thing more often than this.
const PAUSE_MS: u64 = 10_000;

/// What follows from a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finding {
    /// Say that it is bad.
    Warn,
    /// Say that it is good again.
    Recovered,
    /// Say no more: the person has to go.
    Exclude,
}

/// What one watch has said to one person.
#[derive(Debug, Clone, Default)]
pub(super) struct Watched {
    /// Whether a warning stands.
    pub warned: bool,
    last: Option<u64>,
}

impl Watched {
    /// Compares the value of now.
    pub fn look(&mut self, watch: &PresenceRule, value: f64, now: u64) -> Option<Finding> {
        if watch.exclude.is_some_and(|limit| value >= limit) {
            return Some(Finding::Exclude);
        }
        let bad = value >= watch.warn;
        if bad && !self.warned && self.last.is_none_or(|last| now.saturating_sub(last) >= PAUSE_MS) {
            self.warned = true;
            self.last = Some(now);
            return Some(Finding::Warn);
        }
        if !bad && self.warned {
            self.warned = false;
            return Some(Finding::Recovered);
        }
        None
    }
}

/// The round trips of the last seconds.
#[derive(Debug, Clone, Default)]
pub(super) struct Trips(VecDeque<(u64, f32)>);

impl Trips {
    /// One was reported; 0 says that none has been measured yet.
    pub fn add(&mut self, now: u64, ms: f32) {
        if ms > 0.0 {
            self.0.push_back((now, ms));
        }
        while self.0.len() > MOST || self.0.front().is_some_and(|(at, _)| now.saturating_sub(*at) > RECENT_MS)
        {
            self.0.pop_front();
        }
    }

    /// Forgets those of another connection.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Their median, ms; nothing while there are too few.
    pub fn median(&self) -> Option<f64> {
        let mut sorted: Vec<f32> = self.0.iter().map(|(_, ms)| *ms).collect();
        sorted.sort_unstable_by(f32::total_cmp);
        let middle = sorted.get(sorted.len() / 2).filter(|_| sorted.len() >= FEWEST)?;
        Some(f64::from(*middle))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_flutters_around_the_limit_warns_every_ten_seconds_at_most() {
        let watch = PresenceRule::new(100.0, "slow");
        let mut watched = Watched::default();
        let values = (0u64..60).map(|k| (k * 500, if k % 2 == 0 { 120.0 } else { 80.0 }));
        let found: Vec<u64> = values
            .filter(|(now, value)| watched.look(&watch, *value, *now) == Some(Finding::Warn))
            .map(|(now, _)| now)
            .collect();
        assert_eq!(found, [0, 10_000, 20_000]);
    }

    #[test]
    fn a_warning_ends_once_and_the_limit_excludes_without_one() {
        let watch = PresenceRule::new(100.0, "slow").exclude(300.0, "too slow");
        let mut watched = Watched::default();
        let found = [150.0, 150.0, 99.0, 99.0, 300.0].map(|value| watched.look(&watch, value, 0));
        assert_eq!(
            found,
            [Some(Finding::Warn), None, Some(Finding::Recovered), None, Some(Finding::Exclude)]
        );
    }

    #[test]
    fn a_median_wants_five_round_trips_of_the_last_ten_seconds() {
        let mut trips = Trips::default();
        for k in 0..4 {
            trips.add(k * 1_000, 900.0);
        }
        trips.add(4_000, 0.0);
        assert_eq!(trips.median(), None);
        trips.add(4_000, 20.0);
        assert_eq!(trips.median(), Some(900.0));
        for k in 5..14 {
            trips.add(k * 1_000, 20.0);
        }
        assert_eq!(trips.median(), Some(20.0));
        for _ in 0..1_000 {
            trips.add(13_000, 20.0);
        }
        assert!(trips.0.len() <= MOST);
    }
}
