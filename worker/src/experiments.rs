//! The experiments of this deployment. They are validated once in each isolate.

use std::sync::OnceLock;

use footlights_experiment::{ConfigError, Experiment, GameScene};

use crate::error::ApiError;

static ALL: OnceLock<Result<Vec<Experiment>, ConfigError>> = OnceLock::new();

/// All experiments.
///
/// # Errors
/// [`ApiError::Config`], which names the scene and the option that is wrong.
pub fn all() -> Result<&'static [Experiment], ApiError> {
    let checked = ALL.get_or_init(|| {
        let all = served();
        all.iter().try_for_each(footlights_data::validate).map(|()| all)
    });
    checked.as_deref().map_err(|error| ApiError::Config(error.clone()))
}

#[cfg(not(feature = "test-experiments"))]
fn served() -> Vec<Experiment> {
    footlights_example_experiments::all()
}

#[cfg(feature = "test-experiments")]
fn served() -> Vec<Experiment> {
    [footlights_example_experiments::all(), footlights_test_experiments::all()].concat()
}

/// The experiment of that id.
///
/// # Errors
/// [`ApiError::NotFound`] if this deployment does not serve it.
pub fn experiment(id: &str) -> Result<&'static Experiment, ApiError> {
    all()?
        .iter()
        .find(|experiment| experiment.id == id)
        .ok_or(ApiError::NotFound("there is no such experiment"))
}

/// The game scene of those ids.
///
/// # Errors
/// [`ApiError::NotFound`] if this deployment does not serve it.
pub fn game(experiment: &str, scene: &str) -> Result<&'static GameScene, ApiError> {
    self::experiment(experiment)?.game(scene).ok_or(ApiError::NotFound("there is no such game scene"))
}
