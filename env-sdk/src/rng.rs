//! Randomness that needs no saved state: every draw is derived from (seed, stream, episode, tick).

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng};

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

/// ChaCha8 keyed by (seed, stream, episode, tick).
#[derive(Debug, Clone)]
pub struct Rng(ChaCha8Rng);

impl Rng {
    /// The generator for one step: tick 0 is the reset. Costs nothing until the first draw.
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
}
