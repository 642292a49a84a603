//! The experiments of this deployment, checked once an isolate.

use std::sync::OnceLock;

use footlights_experiment::{ConfigError, Experiment, GameScene};

use crate::error::Fault;

static ALL: OnceLock<Result<Vec<Experiment>, ConfigError>> = OnceLock::new();

/// All experiments; the error names the scene and the option that is wrong.
pub fn all() -> Result<&'static [Experiment], Fault> {
    let checked = ALL.get_or_init(|| {
        let all = served();
        all.iter().try_for_each(footlights_data::validate).map(|()| all)
    });
    checked.as_deref().map_err(|error| Fault::Config(error.clone()))
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
pub fn experiment(id: &str) -> Result<&'static Experiment, Fault> {
    all()?.iter().find(|experiment| experiment.id == id).ok_or(Fault::NotFound("experiment"))
}

/// The game scene of those ids.
pub fn game(experiment: &str, scene: &str) -> Result<&'static GameScene, Fault> {
    self::experiment(experiment)?.game(scene).ok_or(Fault::NotFound("game scene"))
}
