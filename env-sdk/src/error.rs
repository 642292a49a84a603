//! What can go wrong in an environment or a policy, in words for the researcher who wrote it.

use crate::agent::Agent;

/// An environment refused, or broke one of its own promises.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvError {
    /// The configuration does not parse or fails the environment's own check.
    #[error("{env}: wrong configuration: {why}")]
    Config {
        /// The environment's id.
        env: &'static str,
        /// What is wrong, naming the option.
        why: String,
    },
    /// `step` was called with another number of actions than there are agents.
    #[error("{env}: {found} actions for {expected} agents")]
    ActionCount {
        /// The environment's id.
        env: &'static str,
        /// How many agents act.
        expected: usize,
        /// How many actions came.
        found: usize,
    },
    /// An action is not in the action space.
    #[error("{env}: {agent} cannot do {action}: not in the action space")]
    Action {
        /// The environment's id.
        env: &'static str,
        /// Who wanted it.
        agent: Agent,
        /// The refused value.
        action: String,
    },
    /// A state, observation or reward became NaN or infinite.
    #[error("{env}: {what} is not finite at tick {tick}")]
    NonFinite {
        /// The environment's id.
        env: &'static str,
        /// What was not finite.
        what: &'static str,
        /// The tick, counted from the reset.
        tick: u32,
    },
    /// An agent has to do nothing, and neither the experiment nor the environment declares which action that is.
    #[error("{agent} has no default action")]
    NoDefaultAction {
        /// The agent.
        agent: Agent,
    },
    /// Two builds simulate a configuration differently.
    #[error("{env}: this build has simulation {here:016x}, the other {there:016x}")]
    Fingerprint {
        /// The environment's id.
        env: String,
        /// This build's [`fingerprint`](crate::fingerprint()).
        here: u64,
        /// The other build's.
        there: u64,
    },
    /// A snapshot could not be written or read.
    #[error("{env}: snapshot: {why}")]
    Snapshot {
        /// The environment's id.
        env: &'static str,
        /// What the codec said.
        why: String,
    },
    /// No environment of that name is registered.
    #[error("no environment is called {0:?}")]
    Unknown(String),
}

/// A policy could not be loaded or could not choose.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The model does not load, or its tensors are not those of its configuration.
    #[error("policy {name}: {why}")]
    Load {
        /// The policy's name.
        name: String,
        /// What was expected and what was found.
        why: String,
    },
    /// This build has no runtime for models. Where models run, there is one, and they are checked there.
    #[error(
        "policy {name}: this build has no runtime for ONNX models; give the dependency `footlights` in Cargo.toml the feature `models`"
    )]
    NoRuntime {
        /// The policy's name.
        name: String,
    },
    /// The model is in a file, and only the names of such files are asked for: see
    /// [`model_files`](crate::model_files::used_by).
    #[error("policy {name}: its model is not loaded where only the names of models are asked for")]
    NotLoaded {
        /// The policy's name.
        name: String,
    },
    /// The policy failed while it chose an action.
    #[error("policy {name}: {why}")]
    Act {
        /// The policy's name.
        name: String,
        /// What failed.
        why: String,
    },
    /// Recurrent state could not be saved, or not read back.
    #[error("policy {name}: saved state: {why}")]
    State {
        /// The policy's name.
        name: String,
        /// What was wrong with it.
        why: String,
    },
}
