//! The experiments of this deployment, checked once an isolate.

use std::sync::OnceLock;

use footlights_experiment::{ConfigError, Experiment, GameScene};

use crate::error::Fault;

static ALL: OnceLock<Result<Vec<Experiment>, ConfigError>> = OnceLock::new();

/// All experiments; the error names the scene and the option that is wrong.
pub fn all() -> Result<&'static [Experiment], Fault> {
    let checked = ALL.get_or_init(|| {
        footlights_example_experiments::check().map(|()| footlights_example_experiments::all())
    });
    checked.as_deref().map_err(|error| Fault::Config(error.clone()))
}

/// The experiment of that id.
pub fn experiment(id: &str) -> Result<&'static Experiment, Fault> {
    all()?.iter().find(|experiment| experiment.id == id).ok_or(Fault::NotFound("experiment"))
}

/// The game scene of those ids.
pub fn game(experiment: &str, scene: &str) -> Result<&'static GameScene, Fault> {
    self::experiment(experiment)?.game(scene).ok_or(Fault::NotFound("game scene"))
}
