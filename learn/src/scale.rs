//! Observations as networks like them: from 0 to 1, where the space has bounds.

use footlights_env::Space;

use crate::net::Net;

/// How the numbers of an observation are shifted and scaled.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale(Vec<(f32, f32)>);

impl Scale {
    /// For a space. A number without bounds, or with ones so wide that nothing would be left of it, stays as it is.
    #[must_use]
    pub fn of(space: &Space) -> Self {
        const WIDEST: f32 = 1e4;
        match space {
            Space::Box { low, high } => Self(
                low.iter()
                    .zip(high)
                    .map(|(low, high)| {
                        let width = high - low;
                        if width > 0.0 && width < WIDEST { (*low, 1.0 / width) } else { (0.0, 1.0) }
                    })
                    .collect(),
            ),
            Space::Discrete { .. } => Self(Vec::new()),
        }
    }

    /// How many numbers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Scales an observation in place.
    pub fn apply(&self, observation: &mut [f32]) {
        for (x, (low, factor)) in observation.iter_mut().zip(&self.0) {
            *x = (*x - low) * factor;
        }
    }

    /// The network that takes observations as they are: its first layer shifts and scales.
    #[must_use]
    pub fn folded(&self, net: &Net) -> Net {
        let mut net = net.clone();
        let Some((inputs, outputs)) = net.layers().next().map(|(inputs, outputs, ..)| (inputs, outputs))
        else {
            return net;
        };
        let (weights, rest) = net.parameters.split_at_mut(inputs * outputs);
        let bias = rest.iter_mut().take(outputs);
        let mut shift = vec![0.0; outputs];
        for (row, (low, factor)) in weights.chunks_exact_mut(outputs.max(1)).zip(&self.0) {
            for (weight, shift) in row.iter_mut().zip(&mut shift) {
                *weight *= factor;
                *shift += *weight * low;
            }
        }
        bias.zip(shift).for_each(|(bias, shift)| *bias -= shift);
        net
    }
}

#[cfg(test)]
mod tests {
    use footlights_env::{Rng, Stream};

    use super::*;
    use crate::net::{Shape, Trace};

    #[test]
    fn a_folded_network_does_with_the_observation_what_the_network_does_with_the_scaled_one() {
        let space = Space::Box { low: vec![-2.0, 0.0, f32::MIN, 3.0], high: vec![2.0, 9.0, f32::MAX, 3.0] };
        let scale = Scale::of(&space);
        let net = Net::random(Shape::new(4, &[6], 2), &mut Rng::derive(3, Stream::Order, 0, 0), 1.0);
        let observation = [1.5, 4.0, -0.3, 3.0];
        let mut scaled = observation;
        scale.apply(&mut scaled);
        assert_eq!(scaled, [0.875, 4.0 / 9.0, -0.3, 3.0]);
        let out = |net: &Net, x: &[f32]| {
            let mut trace = Trace::default();
            net.forward(x, &mut trace);
            trace.out().to_vec()
        };
        for (one, other) in out(&net, &scaled).into_iter().zip(out(&scale.folded(&net), &observation)) {
            assert!((one - other).abs() < 1e-5, "{one} {other}");
        }
    }
}
