//! Models in a build without the runtime: they can be declared, and none can be loaded.

use footlights_env::{ActionValue, Agent, Policy, PolicyError, Rng, Spec};

use crate::config::Config;

/// A loaded model. This build has no runtime, so there is none.
#[derive(Debug, Clone)]
pub enum Model {}

/// A policy for one seat. This build has no runtime, so there is none.
#[derive(Debug, Clone)]
pub enum OnnxPolicy {}

impl Model {
    /// Would load an ONNX file for the observations and the discrete actions that `spec` declares for every agent.
    ///
    /// # Errors
    /// Numbers of the configuration that are wrong, and otherwise [`PolicyError::NoRuntime`].
    pub fn load(_bytes: &[u8], config: Config, _spec: &Spec) -> Result<Self, PolicyError> {
        match config.check() {
            Ok(()) => Err(PolicyError::NoRuntime { name: config.name }),
            Err(why) => Err(PolicyError::Load { name: config.name, why }),
        }
    }

    /// The same for one agent.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_for(bytes: &[u8], config: Config, spec: &Spec, _agent: Agent) -> Result<Self, PolicyError> {
        Self::load(bytes, config, spec)
    }

    /// How the model is used.
    pub fn config(&self) -> &Config {
        match *self {}
    }

    /// A policy at the start of an episode, for one seat.
    ///
    /// # Errors
    /// Never: there is no model.
    pub fn policy(&self) -> Result<OnnxPolicy, PolicyError> {
        match *self {}
    }
}

impl Policy for OnnxPolicy {
    fn act(&mut self, _observation: &[f32], _rng: &mut Rng) -> Result<ActionValue, PolicyError> {
        match *self {}
    }

    fn reset(&mut self) {
        match *self {}
    }

    fn save(&self) -> Result<Vec<u8>, PolicyError> {
        match *self {}
    }

    fn load(&mut self, _saved: &[u8]) -> Result<(), PolicyError> {
        match *self {}
    }
}
