//! The experiments of this deployment. They are checked once in each isolate.

use std::sync::OnceLock;

use footlights_app::Checked;
use footlights_experiment::{Experiment, GameScene};

use crate::{error::ApiError, log};

/// What is served, and what is refused.
pub fn checked() -> &'static Checked {
    static CHECKED: OnceLock<Checked> = OnceLock::new();
    CHECKED.get_or_init(|| {
        let checked = footlights_app::installed().check();
        for (experiment, problem) in &checked.refused {
            log!("error", "experiment_refused", "experiment": experiment, "why": problem.to_string());
        }
        checked
    })
}

/// All experiments that are configured right.
pub fn all() -> &'static [Experiment] {
    &checked().served
}

/// The experiment of that id.
///
/// # Errors
/// [`ApiError::Config`] if it is configured wrongly, with the scene and the option; [`ApiError::NotFound`] if this
/// deployment has none of that id.
pub fn experiment(id: &str) -> Result<&'static Experiment, ApiError> {
    let checked = checked();
    if let Some(experiment) = checked.served.iter().find(|experiment| experiment.id == id) {
        return Ok(experiment);
    }
    match checked.refused.iter().find(|(refused, _)| refused == id) {
        Some((_, problem)) => Err(ApiError::Config(problem.clone())),
        None => Err(ApiError::NotFound("there is no such experiment")),
    }
}

/// The game scene of those ids.
///
/// # Errors
/// As [`experiment`], and [`ApiError::NotFound`] if the experiment has no such game.
pub fn game(experiment: &str, scene: &str) -> Result<&'static GameScene, ApiError> {
    self::experiment(experiment)?.game(scene).ok_or(ApiError::NotFound("there is no such game scene"))
}
