//! Adam (Kingma and Ba 2015, <https://arxiv.org/abs/1412.6980>), the optimiser.

use serde::{Deserialize, Serialize};

use crate::matrix::dot;

/// The running moments of one list of parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Adam {
    mean: Vec<f32>,
    square: Vec<f32>,
    /// How much of the zeros at the start is still in the two.
    decay: (f32, f32),
}

/// Below it a moment is zero: numbers near the smallest ones are slow to compute with, and move no parameter.
const TINY: f32 = 1e-20;

impl Adam {
    /// For so many parameters.
    #[must_use]
    pub fn new(size: usize) -> Self {
        Self { mean: vec![0.0; size], square: vec![0.0; size], decay: (1.0, 1.0) }
    }

    pub(crate) fn len(&self) -> usize {
        self.mean.len()
    }

    /// The sum of the moments of two that optimise the same parameters.
    ///
    /// # Errors
    /// They do not.
    pub(crate) fn plus(mut self, other: &Self) -> Result<Self, String> {
        if other.len() != self.len() || other.square.len() != self.square.len() {
            return Err(format!("moments of {} parameters in place of {}", other.len(), self.len()));
        }
        self.mean.iter_mut().zip(&other.mean).for_each(|(sum, x)| *sum += x);
        self.square.iter_mut().zip(&other.square).for_each(|(sum, x)| *sum += x);
        self.decay = (self.decay.0 + other.decay.0, self.decay.1 + other.decay.1);
        Ok(self)
    }

    /// All moments times a factor.
    pub(crate) fn times(mut self, factor: f32) -> Self {
        self.mean.iter_mut().chain(&mut self.square).for_each(|x| *x *= factor);
        self.decay = (self.decay.0 * factor, self.decay.1 * factor);
        self
    }

    /// One step down the gradient, whose length is first cut to `limit`.
    pub fn descend(&mut self, parameters: &mut [f32], gradient: &[f32], rate: f32, limit: f32) {
        let norm = dot(gradient, gradient).sqrt();
        let scale = if norm > limit { limit / norm } else { 1.0 };
        self.decay.0 *= 0.9;
        self.decay.1 *= 0.999;
        let (one, two) = (1.0 - self.decay.0, 1.0 - self.decay.1);
        let moments = self.mean.iter_mut().zip(&mut self.square);
        for ((p, g), (mean, square)) in parameters.iter_mut().zip(gradient).zip(moments) {
            let g = g * scale;
            let next = *mean + 0.1 * (g - *mean);
            *mean = if next.abs() < TINY { 0.0 } else { next };
            let next = *square + 0.001 * (g * g - *square);
            *square = if next < TINY { 0.0 } else { next };
            *p -= rate * (*mean / one) / ((*square / two).sqrt() + 1e-5);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_finds_the_bottom_of_a_bowl() {
        let mut at = [3.0, -2.0];
        let mut adam = Adam::new(2);
        for _ in 0..2000 {
            let gradient = [2.0 * (at[0] - 1.0), 20.0 * (at[1] - 0.5)];
            adam.descend(&mut at, &gradient, 0.01, 1.0);
        }
        assert!((at[0] - 1.0).abs() < 0.01 && (at[1] - 0.5).abs() < 0.01, "{at:?}");
    }
}
