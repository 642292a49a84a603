//! The participants of benchmarks: pairs of bots without a plan.

use std::rc::Rc;

use anyhow::{Context as _, Result};
use footlights_experiment::Experiment;
use footlights_testing::{Bot, Environments, Habits, Plan};

const ENVIRONMENTS: Environments = Environments {
    make: |id, config| footlights_environments::registry().get(id)?.make_packed(config),
    fingerprint: |id| footlights_environments::registry().get(id).ok()?.fingerprint().ok(),
};

/// The experiment of that id, an example or one of the tests.
pub fn experiment(id: &str) -> Result<Rc<Experiment>> {
    let all = footlights_test_lab::app().experiments();
    let found = all.into_iter().find(|experiment| experiment.id == id);
    Ok(Rc::new(found.with_context(|| format!("there is no experiment {id:?}"))?))
}

/// A bot that does not read, and changes its keys so often while it plays.
pub fn bot(experiment: &Rc<Experiment>, number: u64, key_changes_per_second: f64) -> Bot {
    let habits = Habits { reading_ms: 0.0, key_changes_per_second, ..Habits::default() };
    Bot::new(experiment.clone(), ENVIRONMENTS, number, 0, habits, Plan::default())
}
