//! Multilayer perceptrons over batches, with their gradients, over one flat list of parameters.

use footlights_env::Rng;
use serde::{Deserialize, Serialize};

use crate::matrix::{multiply_add, transpose};

/// The widths of a network's layers: its inputs, its hidden layers, its outputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape(Vec<usize>);

impl Shape {
    /// From the inputs to the outputs.
    #[must_use]
    pub fn new(inputs: usize, hidden: &[usize], outputs: usize) -> Self {
        Self([&[inputs], hidden, &[outputs]].concat())
    }

    /// The inputs and outputs of each layer.
    fn layers(&self) -> impl DoubleEndedIterator<Item = (usize, usize)> + ExactSizeIterator + '_ {
        self.0.windows(2).map(|pair| match pair {
            [inputs, outputs] => (*inputs, *outputs),
            _ => (0, 0),
        })
    }

    /// How many parameters a network of this shape has.
    #[must_use]
    pub fn parameters(&self) -> usize {
        self.layers().map(|(inputs, outputs)| (inputs + 1) * outputs).sum()
    }

    /// How many numbers it takes.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.0.first().copied().unwrap_or_default()
    }

    /// The same with another number of outputs.
    pub(crate) fn with_outputs(&self, outputs: usize) -> Self {
        let mut shape = self.clone();
        if let Some(last) = shape.0.last_mut() {
            *last = outputs;
        }
        shape
    }

    /// How many numbers it gives.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.0.last().copied().unwrap_or_default()
    }
}

/// A network with ReLU between its layers. The parameters stand layer after layer, the weights (a row for each input) before
/// the bias.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Net {
    /// The widths of its layers.
    pub shape: Shape,
    /// All weights and biases.
    pub parameters: Vec<f32>,
}

/// What a forward pass leaves for the backward pass, and room that is used again.
#[derive(Debug, Default)]
pub struct Trace {
    /// What goes into each layer, and last what comes out of the last one; a row for each sample.
    rows: Vec<Vec<f32>>,
    slope: Vec<f32>,
    next: Vec<f32>,
    turned: Vec<f32>,
}

impl Trace {
    /// The outputs, a row for each sample.
    #[must_use]
    pub fn out(&self) -> &[f32] {
        self.rows.last().map_or(&[], Vec::as_slice)
    }
}

impl Net {
    /// Weights as He et al. 2015 draw them (<https://arxiv.org/abs/1502.01852>), the last layer's smaller by `last`; no bias.
    #[must_use]
    pub fn random(shape: Shape, rng: &mut Rng, last: f32) -> Self {
        let mut parameters = Vec::with_capacity(shape.parameters());
        let count = shape.layers().len();
        for (number, (inputs, outputs)) in shape.layers().enumerate() {
            let gain = if number + 1 == count { last } else { 2.0f32.sqrt() };
            // Uniform with the wanted variance.
            let bound = gain * (3.0 / inputs as f32).sqrt();
            parameters.extend((0..inputs * outputs).map(|_| rng.uniform(-bound, bound)));
            parameters.extend((0..outputs).map(|_| 0.0));
        }
        Self { shape, parameters }
    }

    /// Each layer with its weights and its bias.
    pub fn layers(&self) -> impl Iterator<Item = (usize, usize, &[f32], &[f32])> {
        let mut rest = self.parameters.as_slice();
        self.shape.layers().map(move |(inputs, outputs)| {
            let (layer, after) = rest.split_at((inputs + 1) * outputs);
            rest = after;
            let (weights, bias) = layer.split_at(inputs * outputs);
            (inputs, outputs, weights, bias)
        })
    }

    /// Runs the network on a batch, a row for each sample.
    pub fn forward(&self, batch: &[f32], trace: &mut Trace) {
        let count = self.shape.layers().len();
        trace.rows.resize_with(count + 1, Vec::new);
        let samples = batch.len() / self.shape.inputs().max(1);
        if let Some(first) = trace.rows.first_mut() {
            first.clear();
            first.extend_from_slice(batch);
        }
        for (number, (inputs, outputs, weights, bias)) in self.layers().enumerate() {
            let (before, after) = trace.rows.split_at_mut(number + 1);
            let (Some(input), Some(out)) = (before.last(), after.first_mut()) else { return };
            out.clear();
            for _ in 0..samples {
                out.extend_from_slice(bias);
            }
            multiply_add(input, weights, out, inputs, outputs);
            if number + 1 < count {
                out.iter_mut().for_each(|x| *x = if *x > 0.0 { *x } else { 0.0 });
            }
        }
    }

    /// Writes into `gradient` what a change of the outputs by `slope` (a row for each sample) means for every parameter,
    /// summed over the batch of the last forward pass.
    pub fn backward(&self, trace: &mut Trace, slope: &[f32], gradient: &mut Vec<f32>) {
        gradient.clear();
        gradient.resize(self.parameters.len(), 0.0);
        trace.slope.clear();
        trace.slope.extend_from_slice(slope);
        let mut end = self.parameters.len();
        for (number, (inputs, outputs)) in self.shape.layers().enumerate().rev() {
            let begin = end - (inputs + 1) * outputs;
            let Some((layer, into)) = self.parameters.get(begin..end).zip(gradient.get_mut(begin..end))
            else {
                return;
            };
            end = begin;
            let Some(input) = trace.rows.get(number) else { return };
            let samples = input.len() / inputs.max(1);
            let (d_weights, d_bias) = into.split_at_mut(inputs * outputs);
            for row in trace.slope.chunks_exact(outputs) {
                d_bias.iter_mut().zip(row).for_each(|(sum, d)| *sum += d);
            }
            transpose(input, inputs, &mut trace.turned);
            multiply_add(&trace.turned, &trace.slope, d_weights, samples, outputs);
            if number == 0 {
                return;
            }
            let (weights, _) = layer.split_at(inputs * outputs);
            transpose(weights, outputs, &mut trace.turned);
            trace.next.clear();
            trace.next.resize(input.len(), 0.0);
            multiply_add(&trace.slope, &trace.turned, &mut trace.next, outputs, inputs);
            for (d, x) in trace.next.iter_mut().zip(input) {
                if *x <= 0.0 {
                    *d = 0.0;
                }
            }
            std::mem::swap(&mut trace.slope, &mut trace.next);
        }
    }
}

#[cfg(test)]
mod tests {
    use footlights_env::Stream;

    use super::*;

    #[test]
    fn the_gradient_is_the_one_that_small_changes_measure() {
        let mut rng = Rng::derive(5, Stream::Environment, 0, 0);
        let net = Net::random(Shape::new(6, &[9, 10], 3), &mut rng, 1.0);
        let batch: Vec<f32> = (0..6 * 5).map(|_| rng.uniform(-1.0, 1.0)).collect();
        let slope: Vec<f32> = (0..3 * 5).map(|_| rng.uniform(-1.0, 1.0)).collect();
        let loss = |net: &Net| {
            let mut trace = Trace::default();
            net.forward(&batch, &mut trace);
            trace.out().iter().zip(&slope).map(|(a, b)| f64::from(a * b)).sum::<f64>()
        };
        let (mut trace, mut gradient) = (Trace::default(), Vec::new());
        net.forward(&batch, &mut trace);
        net.backward(&mut trace, &slope, &mut gradient);
        assert_eq!(gradient.len(), net.shape.parameters());
        for (at, slope) in gradient.iter().enumerate() {
            let shifted = |by: f32| {
                let mut net = net.clone();
                net.parameters[at] += by;
                loss(&net)
            };
            let measured = (shifted(0.001) - shifted(-0.001)) / 0.002;
            assert!((measured - f64::from(*slope)).abs() < 0.02, "{at}: {measured} {slope}");
        }
    }
}
