//! Time taken several times, and what a list of numbers comes to.

// A benchmark is where time is read.
#![allow(clippy::disallowed_types)]

use std::{hint::black_box, time::Instant};

/// How often a timing is repeated; the median counts.
pub const REPETITIONS: usize = 7;

/// Seconds of each repetition, after one that does not count.
pub fn time<T>(mut work: impl FnMut() -> T) -> Vec<f64> {
    black_box(work());
    (0..REPETITIONS)
        .map(|_| {
            let start = Instant::now();
            black_box(work());
            start.elapsed().as_secs_f64()
        })
        .collect()
}

/// What repeated measurements come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

impl Spread {
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |share| percentile(&values, share);
        Self { median: at(0.5), min: at(0.0), max: at(1.0) }
    }
}

/// The smallest value that is not below that share of the values, which must be in order; 0 if there are none.
pub fn percentile(sorted: &[f64], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let values: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!([0.0, 0.5, 0.99, 1.0].map(|share| percentile(&values, share)), [1.0, 50.0, 99.0, 100.0]);
        assert_eq!(percentile(&[], 0.5), 0.0);
        assert_eq!(Spread::of(vec![3.0, 1.0, 2.0]), Spread { median: 2.0, min: 1.0, max: 3.0 });
    }
}
