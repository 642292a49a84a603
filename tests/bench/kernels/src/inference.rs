//! Policies that decide, one observation after the other.

use footlights_env::{ActionValue, Agent, Environment, Policy, PolicyError, Rng, Spec, Stream};
use footlights_environments::slime_volleyball::{Config as Slime, SlimeVolleyball};
use footlights_onnx::{Config, Model, OnnxPolicy, export};

/// A network with its policy and an observation to decide about.
pub struct Network {
    policy: OnnxPolicy,
    observation: Vec<f32>,
    rng: Rng,
}

impl Network {
    /// A tanh network with random weights, of these widths, for an environment's observations and actions.
    pub fn random(widths: &[usize], spec: &Spec) -> Result<Self, PolicyError> {
        let mut rng = Rng::derive(1, Stream::Policy(0), 0, 0);
        let layers = widths.iter().zip(widths.iter().skip(1)).map(|(inputs, outputs)| {
            let bound = 1.0 / (*inputs as f32).sqrt();
            let mut numbers = |n: usize| (0..n).map(|_| rng.uniform(-bound, bound)).collect();
            export::Dense { weights: numbers(inputs * outputs), bias: numbers(*outputs) }
        });
        let layers: Vec<export::Dense> = layers.collect();
        Self::load(&export::mlp(&layers), spec)
    }

    /// A model's file; it decides at every call.
    pub fn load(bytes: &[u8], spec: &Spec) -> Result<Self, PolicyError> {
        let policy = Model::load(bytes, Config::new("bench"), spec)?.policy()?;
        let rng = Rng::derive(2, Stream::Policy(0), 0, 0);
        Ok(Self { policy, observation: vec![0.0; spec.observation_space(Agent(0)).len()], rng })
    }

    /// Decides so many times, about a different observation each time, and returns how often that was not action 0.
    pub fn decide(&mut self, times: u32) -> Result<u32, PolicyError> {
        let mut other = 0;
        for _ in 0..times {
            for number in &mut self.observation {
                *number = self.rng.uniform(-1.0, 1.0);
            }
            let action = self.policy.act(&self.observation, &mut self.rng)?;
            other += u32::from(action != ActionValue::Discrete(0));
        }
        Ok(other)
    }
}

/// What the networks are for.
pub fn slime() -> Spec {
    SlimeVolleyball::spec(&Slime::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_network_decides_differently_about_different_observations() {
        let decided =
            Network::random(&[12, 128, 128, 6], &slime()).and_then(|mut network| network.decide(100));
        assert!((1..100).contains(&decided.unwrap()));
    }
}
