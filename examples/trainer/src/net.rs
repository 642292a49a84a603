//! A small multilayer perceptron with its gradient, over one flat list of parameters.

use footlights_env::{Rng, math};
use footlights_onnx::export::{self, Dense};

/// Numbers in an observation.
pub const INPUTS: usize = 12;
/// Units in each of the two hidden layers.
pub const HIDDEN: usize = 64;

/// Two hidden tanh layers and `OUT` linear outputs. Parameters stand layer after layer, the weights (a row for each
/// input) before the bias.
#[derive(Debug, Clone, PartialEq)]
pub struct Net<const OUT: usize>(pub Vec<f32>);

/// What a forward pass leaves for the backward pass.
pub struct Trace<const OUT: usize> {
    first: [f32; HIDDEN],
    second: [f32; HIDDEN],
    /// The outputs.
    pub out: [f32; OUT],
}

impl<const OUT: usize> Net<OUT> {
    const FIRST: usize = (INPUTS + 1) * HIDDEN;
    const SECOND: usize = (HIDDEN + 1) * HIDDEN;
    /// How many parameters there are.
    pub const SIZE: usize = Self::FIRST + Self::SECOND + (HIDDEN + 1) * OUT;

    /// Weights of variance `1 / inputs`, the last layer's smaller by `last`; no bias.
    pub fn random(rng: &mut Rng, last: f32) -> Self {
        let mut out = Vec::with_capacity(Self::SIZE);
        for (inputs, outputs, gain) in [(INPUTS, HIDDEN, 1.0), (HIDDEN, HIDDEN, 1.0), (HIDDEN, OUT, last)] {
            // Uniform with the wanted variance.
            let bound = gain * (3.0 / inputs as f32).sqrt();
            out.extend((0..inputs * outputs).map(|_| rng.uniform(-bound, bound)));
            out.extend((0..outputs).map(|_| 0.0));
        }
        Self(out)
    }

    fn layers(parameters: &[f32]) -> (&[f32], &[f32], &[f32]) {
        let (first, rest) = parameters.split_at(Self::FIRST);
        let (second, third) = rest.split_at(Self::SECOND);
        (first, second, third)
    }

    /// Runs the network.
    pub fn forward(&self, input: &[f32; INPUTS]) -> Trace<OUT> {
        let (one, two, three) = Self::layers(&self.0);
        let first = dense::<INPUTS, HIDDEN>(one, input).map(tanh);
        let second = dense::<HIDDEN, HIDDEN>(two, &first).map(tanh);
        Trace { first, second, out: dense::<HIDDEN, OUT>(three, &second) }
    }

    /// Adds to `gradient` what a change of the outputs by `slope` means for every parameter.
    pub fn backward(
        &self,
        input: &[f32; INPUTS],
        trace: &Trace<OUT>,
        slope: &[f32; OUT],
        gradient: &mut [f32],
    ) {
        let (_, two, three) = Self::layers(&self.0);
        let (g_one, rest) = gradient.split_at_mut(Self::FIRST);
        let (g_two, g_three) = rest.split_at_mut(Self::SECOND);
        let mut second = back::<HIDDEN, OUT>(three, &trace.second, slope, g_three);
        second.iter_mut().zip(&trace.second).for_each(|(d, t)| *d *= 1.0 - t * t);
        let mut first = back::<HIDDEN, HIDDEN>(two, &trace.first, &second, g_two);
        first.iter_mut().zip(&trace.first).for_each(|(d, t)| *d *= 1.0 - t * t);
        outer::<INPUTS, HIDDEN>(input, &first, g_one);
    }

    /// The network as an ONNX file.
    pub fn to_onnx(&self) -> Vec<u8> {
        let (one, two, three) = Self::layers(&self.0);
        let dense = |parameters: &[f32], inputs: usize, outputs: usize| {
            let (weights, bias) = parameters.split_at(inputs * outputs);
            Dense { weights: weights.to_vec(), bias: bias.to_vec() }
        };
        export::mlp(&[dense(one, INPUTS, HIDDEN), dense(two, HIDDEN, HIDDEN), dense(three, HIDDEN, OUT)])
    }
}

/// Input by input, so that the compiler can use SIMD without reordering additions.
fn dense<const IN: usize, const OUT: usize>(parameters: &[f32], input: &[f32; IN]) -> [f32; OUT] {
    let (weights, bias) = parameters.split_at(IN * OUT);
    let mut out = [0.0; OUT];
    out.copy_from_slice(bias);
    for (row, x) in weights.chunks_exact(OUT).zip(input) {
        for (sum, weight) in out.iter_mut().zip(row) {
            *sum += weight * x;
        }
    }
    out
}

fn outer<const IN: usize, const OUT: usize>(input: &[f32; IN], slope: &[f32; OUT], gradient: &mut [f32]) {
    let (weights, bias) = gradient.split_at_mut(IN * OUT);
    for (row, x) in weights.chunks_exact_mut(OUT).zip(input) {
        for (g, d) in row.iter_mut().zip(slope) {
            *g += d * x;
        }
    }
    for (g, d) in bias.iter_mut().zip(slope) {
        *g += d;
    }
}

fn back<const IN: usize, const OUT: usize>(
    parameters: &[f32],
    input: &[f32; IN],
    slope: &[f32; OUT],
    gradient: &mut [f32],
) -> [f32; IN] {
    outer(input, slope, gradient);
    let mut out = [0.0; IN];
    for (row, d) in parameters.chunks_exact(OUT).zip(&mut out) {
        *d = dot(row, slope);
    }
    out
}

/// Eight partial sums: SIMD in a fixed order.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; 8];
    let (a8, b8) = (a.chunks_exact(8), b.chunks_exact(8));
    let tail: f32 = a8.remainder().iter().zip(b8.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a8.zip(b8) {
        for ((s, x), y) in sums.iter_mut().zip(x).zip(y) {
            *s += x * y;
        }
    }
    sums.iter().sum::<f32>() + tail
}

/// Hyperbolic tangent to 1e-4, by Lambert's continued fraction: five times faster than the exact one.
fn tanh(x: f32) -> f32 {
    let x = math::clamp(x, -4.97, 4.97);
    let y = x * x;
    x * (135_135.0 + y * (17_325.0 + y * (378.0 + y)))
        / (135_135.0 + y * (62_370.0 + y * (3_150.0 + y * 28.0)))
}

#[cfg(test)]
mod tests {
    use footlights_env::{ActionValue, AgentSpec, Policy, Space, Spec, Stream, Viewport};

    use super::*;

    fn rng() -> Rng {
        Rng::derive(5, Stream::Environment, 0, 0)
    }

    #[test]
    fn the_gradient_is_the_one_that_small_changes_measure() {
        let mut rng = rng();
        let net = Net::<3>::random(&mut rng, 1.0);
        let input: [f32; INPUTS] = std::array::from_fn(|_| rng.uniform(-1.0, 1.0));
        let slope = [0.5, -1.0, 2.0];
        let loss = |net: &Net<3>| dot(&net.forward(&input).out, &slope);
        let mut gradient = vec![0.0; Net::<3>::SIZE];
        net.backward(&input, &net.forward(&input), &slope, &mut gradient);
        for at in (0..Net::<3>::SIZE).step_by(7) {
            let shifted = |by: f32| {
                let mut net = net.clone();
                net.0[at] += by;
                loss(&net)
            };
            let measured = (shifted(0.01) - shifted(-0.01)) / 0.02;
            assert!((measured - gradient[at]).abs() < 0.01, "{at}: {measured} {}", gradient[at]);
        }
    }

    #[test]
    fn the_onnx_file_decides_as_the_network_does() {
        let mut rng = rng();
        let net = Net::<6>::random(&mut rng, 1.0);
        let spec = Spec {
            id: "test-v0".into(),
            agents: vec![AgentSpec::new(Space::Discrete { n: 6 }, Space::uniform_box(INPUTS, -2.0, 2.0))],
            max_steps: 1,
            reward_range: (0.0, 0.0),
            viewport: Viewport { width: 1.0, height: 1.0 },
        };
        let model =
            footlights_onnx::Model::load(&net.to_onnx(), footlights_onnx::Config::new("net"), &spec).unwrap();
        let mut policy = model.policy().unwrap();
        for _ in 0..200 {
            let input: [f32; INPUTS] = std::array::from_fn(|_| rng.uniform(-2.0, 2.0));
            let out = net.forward(&input).out;
            let ActionValue::Discrete(action) = policy.act(&input, &mut rng).unwrap() else { panic!() };
            // The file has the exact tanh: equal but for near ties.
            assert!(out.iter().all(|logit| *logit < out[action as usize] + 1e-3), "{action}: {out:?}");
        }
    }

    #[test]
    fn the_fast_tanh_is_close() {
        for step in -1000..=1000 {
            let x = step as f32 / 100.0;
            assert!((tanh(x) - math::tanhf(x)).abs() < 2e-4, "{x}");
        }
    }
}
