//! Trains the policy that the experiments ship for Slime Volleyball: from nothing, in minutes, on any machine the same.
//!
//! Training plays on the concrete environment for speed; the result is judged the way a room uses it, as an ONNX file
//! behind [`footlights_onnx::OnnxPolicy`].

mod adam;
mod court;
pub mod evaluate;
mod net;
mod ppo;
mod rollout;

pub use court::Actor;
pub use ppo::train;
pub use rollout::Score;

/// What a training run may choose.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Of everything random.
    pub seed: u64,
    /// Rounds of playing and learning.
    pub iterations: u32,
    /// Ticks for which every action is held.
    pub frame_skip: u32,
    /// Adam's step at the start; falls to a twentieth.
    pub rate: f32,
    /// The worth of randomness at the start; falls to nothing.
    pub entropy: f32,
    /// What a reward is worth one decision earlier.
    pub discount: f32,
}

/// Ticks for which the shipped policy holds an action: it decides 15 times a second.
pub const FRAME_SKIP: u32 = 2;
/// Softmax temperature of the shipped policy.
pub const TEMPERATURE: f32 = 0.7;

/// How the trained model is used in play. It is a good opponent but no wall: it reacts a tick late at times and errs
/// now and then, because its actions are held and drawn rather than the best ones.
pub fn play_config() -> footlights_onnx::Config {
    footlights_onnx::Config::new("slime_volleyball").softmax(TEMPERATURE).frame_skip(FRAME_SKIP)
}
