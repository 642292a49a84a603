//! What picks an agent's action when no person does.

use crate::{
    error::PolicyError,
    rng::Rng,
    space::{ActionValue, Space},
};

/// Chooses actions from observations. An action is an *input* to the simulation: it is recorded, and a replay never
/// asks the policy again.
pub trait Policy {
    /// The next action for this flat observation.
    fn act(&mut self, observation: &[f32], rng: &mut Rng) -> Result<ActionValue, PolicyError>;

    /// Forgets everything, at the start of an episode.
    fn reset(&mut self) {}

    /// Recurrent state, for a snapshot; empty when there is none.
    fn save(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Restores what [`Policy::save`] returned.
    fn load(&mut self, _saved: &[u8]) -> Result<(), PolicyError> {
        Ok(())
    }
}

/// Uniform over an action space.
#[derive(Debug, Clone)]
pub struct RandomPolicy(pub Space);

impl Policy for RandomPolicy {
    fn act(&mut self, _observation: &[f32], rng: &mut Rng) -> Result<ActionValue, PolicyError> {
        Ok(self.0.sample(rng))
    }
}
