//! Randomness that needs no saved state: every draw is derived from (seed, stream, episode, tick).

use std::convert::Infallible;

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng, TryRng};

use crate::math;

/// Who draws. Streams are independent of one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// The environment's own dynamics.
    Environment,
    /// The policy of the agent with that index.
    Policy(u8),
    /// The order of an experiment's scenes.
    Order,
}

/// ChaCha8 keyed by (seed, stream, episode, tick). It has [`rand_core`]'s traits too, so that the distributions of other
/// crates can draw from it; the ones here give the same bits on every target.
///
/// ```
/// use footlights_env::{Rng, Stream};
///
/// let mut rng = Rng::derive(2026, Stream::Environment, 0, 0);
/// let mut cards: Vec<u8> = (0..10).collect();
/// rng.shuffle(&mut cards);
/// let colour = rng.choose(&["red", "green"]);
/// let prize = rng.weighted(&[0.7, 0.2, 0.1]);
/// let noise = rng.normal(0.0, 0.5);
/// assert!(colour.is_some() && prize < Some(3) && noise.is_finite());
/// ```
#[derive(Debug, Clone)]
pub struct Rng(ChaCha8Rng);

impl Rng {
    /// The generator for one step: tick 0 is the reset. Costs nothing until the first draw.
    #[must_use]
    pub fn derive(seed: u64, stream: Stream, episode: u32, tick: u32) -> Self {
        let (kind, index) = match stream {
            Stream::Environment => (0u8, 0u8),
            Stream::Policy(agent) => (1, agent),
            Stream::Order => (2, 0),
        };
        let mut key = [0u8; 32];
        let parts = seed.to_le_bytes().into_iter().chain(episode.to_le_bytes()).chain(tick.to_le_bytes());
        for (slot, byte) in key.iter_mut().zip(parts.chain([kind, index])) {
            *slot = byte;
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in `[0, 1)` with 24 bits.
    pub fn unit(&mut self) -> f32 {
        (self.next_u32() >> 8) as f32 / (1u32 << 24) as f32
    }

    /// Uniform in `[0, 1)` with 53 bits.
    pub fn unit_f64(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in `[low, high)`.
    pub fn uniform(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Uniform in `[low, high)`, in double precision.
    pub fn uniform_f64(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit_f64()
    }

    /// Uniform in `0..n`; 0 when `n` is 0. Multiply-shift, so the bias is below `n / 2^32`.
    pub fn below(&mut self, n: u32) -> u32 {
        ((u64::from(self.next_u32()) * u64::from(n)) >> 32) as u32
    }

    /// Normal with that mean and standard deviation, by Box and Muller (1958,
    /// <https://doi.org/10.1214/aoms/1177706645>), of whose pair of numbers the second is not kept.
    pub fn normal(&mut self, mean: f64, deviation: f64) -> f64 {
        // In (0, 1]: the logarithm is finite.
        let radius = (-2.0 * math::log(1.0 - self.unit_f64())).sqrt();
        mean + deviation * radius * math::cos(2.0 * std::f64::consts::PI * self.unit_f64())
    }

    /// Puts items into another order, each order being as likely as the next: Fisher and Yates from the end (Durstenfeld
    /// 1964, <https://doi.org/10.1145/364520.364540>).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u32 + 1) as usize);
        }
    }

    /// One of the items, each being as likely as the next; none of none.
    pub fn choose<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len() as u32) as usize)
    }

    /// A place, with a probability in proportion to its weight, by inversion of the cumulative sum (Devroye 1986, chapter
    /// III.2, <https://luc.devroye.org/rnbookindex.html>). None, and nothing is drawn, unless all weights are finite, none
    /// is below 0, and one is above.
    pub fn weighted(&mut self, weights: &[f64]) -> Option<usize> {
        let sum: f64 = weights.iter().sum();
        if !(sum > 0.0 && sum.is_finite() && weights.iter().all(|weight| *weight >= 0.0)) {
            return None;
        }
        let mut left = self.unit_f64() * sum;
        for (place, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return Some(place);
            }
        }
        // Only rounding leads here: the first of the largest.
        let larger = |best: (usize, f64), next: (usize, f64)| if next.1 > best.1 { next } else { best };
        weights.iter().copied().enumerate().reduce(larger).map(|(place, _)| place)
    }
}

impl TryRng for Rng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0.next_u32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.next_u64())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill_bytes(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_the_key_matters_and_the_same_key_repeats() {
        let draw = |s, st, e, t| Rng::derive(s, st, e, t).next_u64();
        let base = draw(1, Stream::Environment, 2, 3);
        assert_eq!(base, draw(1, Stream::Environment, 2, 3));
        for other in [
            draw(9, Stream::Environment, 2, 3),
            draw(1, Stream::Policy(0), 2, 3),
            draw(1, Stream::Environment, 9, 3),
            draw(1, Stream::Environment, 2, 9),
        ] {
            assert_ne!(base, other);
        }
        assert_ne!(draw(1, Stream::Policy(0), 2, 3), draw(1, Stream::Policy(1), 2, 3));
    }

    #[test]
    fn draws_stay_in_range() {
        let mut rng = Rng::derive(7, Stream::Environment, 0, 0);
        for _ in 0..10_000 {
            let x = rng.uniform(-20.0, 20.0);
            assert!((-20.0..20.0).contains(&x));
            assert!(rng.below(6) < 6);
        }
        assert_eq!(rng.below(0), 0);
    }

    fn rng() -> Rng {
        Rng::derive(11, Stream::Environment, 0, 0)
    }

    #[test]
    fn other_crates_draw_the_same_bits() {
        fn draw(rng: &mut impl rand_core::Rng) -> (u32, u64) {
            (rng.next_u32(), rng.next_u64())
        }
        let (mut here, mut there) = (rng(), rng());
        assert_eq!(draw(&mut there), (here.next_u32(), here.next_u64()));
    }

    #[test]
    fn normal_numbers_have_their_moments() {
        let mut rng = rng();
        let n = 40_000;
        let draws: Vec<f64> = (0..n).map(|_| rng.normal(3.0, 2.0)).collect();
        let mean = draws.iter().sum::<f64>() / f64::from(n);
        let power = |x: f64, k| (0..k).fold(1.0, |product, _| product * x);
        let moment = |k: u32| draws.iter().map(|x| power((x - mean) / 2.0, k)).sum::<f64>() / f64::from(n);
        // Five standard errors: 2 / sqrt(n), sqrt(2 / n), sqrt(15 / n), sqrt(96 / n).
        assert!((mean - 3.0).abs() < 0.05, "{mean}");
        assert!((moment(2) - 1.0).abs() < 0.036, "{}", moment(2));
        assert!(moment(3).abs() < 0.097, "{}", moment(3));
        assert!((moment(4) - 3.0).abs() < 0.245, "{}", moment(4));
    }

    #[test]
    fn weights_decide_how_often_a_place_is_drawn() {
        let mut rng = rng();
        let mut counts = [0u32; 4];
        for _ in 0..40_000 {
            counts[rng.weighted(&[1.0, 0.0, 2.0, 1.0]).unwrap()] += 1;
        }
        // Five standard deviations of the widest binomial are 500.
        for (count, expected) in counts.into_iter().zip([10_000u32, 0, 20_000, 10_000]) {
            assert!(count.abs_diff(expected) <= if expected == 0 { 0 } else { 500 }, "{counts:?}");
        }
        for wrong in [&[][..], &[0.0, 0.0], &[1.0, -0.5], &[f64::NAN], &[f64::INFINITY]] {
            assert_eq!(rng.weighted(wrong), None);
        }
    }

    #[test]
    fn shuffling_keeps_the_items_and_choosing_takes_each() {
        let mut rng = rng();
        let mut first = [0u32; 5];
        let mut chosen = [0u32; 5];
        for _ in 0..20_000 {
            let mut items = [0usize, 1, 2, 3, 4];
            rng.shuffle(&mut items);
            first[items[0]] += 1;
            chosen[*rng.choose(&items).unwrap()] += 1;
            items.sort_unstable();
            assert_eq!(items, [0, 1, 2, 3, 4]);
        }
        // 4,000 each are expected; five standard deviations are 283.
        assert!(first.iter().chain(&chosen).all(|n| n.abs_diff(4_000) < 283), "{first:?} {chosen:?}");
        assert_eq!(rng.choose::<u8>(&[]), None);
    }
}
