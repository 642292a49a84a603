//! The trained policies that the experiments use.

use footlights::env::{Environment as _, Policy, PolicyError};
use footlights::environments::slime_volleyball::{Config, SlimeVolleyball};
use footlights::onnx::{self, ModelFile};

static SLIME_VOLLEYBALL: ModelFile = footlights::model!("models/slime_volleyball.onnx");

/// A policy for Slime Volleyball, trained by `cargo xtask train slime-volleyball-v0`. It decides 15 times a second and
/// draws its actions at random, so it errs now and then and a participant can win.
///
/// # Errors
/// The model cannot be loaded, or does not fit the environment.
pub fn slime_volleyball() -> Result<Box<dyn Policy>, PolicyError> {
    let config = onnx::Config::new("slime_volleyball").softmax(0.7).frame_skip(2);
    SLIME_VOLLEYBALL.policy(config, &SlimeVolleyball::spec(&Config::default()))
}
