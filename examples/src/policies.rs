//! The trained policies that the experiments use. A process loads a model once, however many rooms it plays in.

use std::sync::OnceLock;

use footlights::env::{Environment as _, Policy, PolicyError};
use footlights::environments::slime_volleyball::{Config, SlimeVolleyball};
use footlights::onnx::Model;

/// A policy for Slime Volleyball, trained by `cargo xtask train slime-volleyball-v0`. It decides 15 times a second and
/// draws its actions at random, so it errs now and then and a participant can win.
///
/// # Errors
/// The model cannot be loaded, or does not fit the environment.
pub fn slime_volleyball() -> Result<Box<dyn Policy>, PolicyError> {
    static MODEL: OnceLock<Result<Model, PolicyError>> = OnceLock::new();
    let model = MODEL.get_or_init(|| {
        let config = footlights::onnx::Config::new("slime_volleyball").softmax(0.7).frame_skip(2);
        let spec = SlimeVolleyball::spec(&Config::default());
        Model::load(include_bytes!("../models/slime_volleyball.onnx"), config, &spec)
    });
    Ok(Box::new(model.as_ref().map_err(Clone::clone)?.policy()?))
}
