//! Models in a build without the runtime: they can be declared, and none can be loaded.

use std::collections::{BTreeMap, BTreeSet};

use footlights_env::{ActionValue, Agent, AgentSpec, Policy, PolicyError, Rng, Spec};

use crate::{config::Config, contents::Contents};

const NO_RUNTIME: &str = "this build has no runtime for ONNX models";

/// Would say what a model file says of itself.
///
/// # Errors
/// This build has no runtime.
pub fn contents(_model: &[u8]) -> Result<Contents, String> {
    Err(NO_RUNTIME.into())
}

/// Would say how a model is most likely meant.
///
/// # Errors
/// This build has no runtime.
pub fn suggest(_model: &[u8], _name: &str, _agent: &AgentSpec) -> Result<Config, String> {
    Err(NO_RUNTIME.into())
}

/// Would say which files beside a model have values of it.
///
/// # Errors
/// This build has no runtime.
pub fn external_files(_model: &[u8]) -> Result<BTreeSet<String>, String> {
    Err(NO_RUNTIME.into())
}

/// Would put the values that are in other files into the model.
///
/// # Errors
/// This build has no runtime.
pub fn pack(_model: &[u8], _files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>, String> {
    Err(NO_RUNTIME.into())
}

/// A loaded model. This build has no runtime, so there is none.
#[derive(Debug, Clone)]
pub enum Model {}

/// A policy for one seat. This build has no runtime, so there is none.
#[derive(Debug, Clone)]
pub enum OnnxPolicy {}

impl Model {
    /// Would load an ONNX file for the observations and the actions that `spec` declares for every agent.
    ///
    /// # Errors
    /// What is wrong with the configuration for these spaces, and otherwise [`PolicyError::NoRuntime`].
    pub fn load(bytes: &[u8], config: Config, spec: &Spec) -> Result<Self, PolicyError> {
        Self::load_for(bytes, config, spec, Agent(0))
    }

    /// The same for one agent.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_for(_bytes: &[u8], config: Config, spec: &Spec, agent: Agent) -> Result<Self, PolicyError> {
        match spec.agent(agent).map_or(Ok(()), |agent| config.check_for(&spec.id, agent)) {
            Ok(()) => Err(PolicyError::NoRuntime { name: config.name }),
            Err(why) => Err(PolicyError::Load { name: config.name, why }),
        }
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
