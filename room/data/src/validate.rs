//! What is wrong with an experiment as a whole, its tables included.

use std::collections::BTreeSet;

use footlights_experiment::{ConfigError, Experiment, GameScene, Scene};

use crate::{column::ColumnInfo, participants, steps};

/// Finds what is wrong with an experiment before it is served: its configuration, names that would stand twice in its
/// tables, and environments that record other values than they declare. It resets each environment a few times and loads each policy once.
///
/// # Errors
/// The first mistake, with its scene and its option.
///
/// ```
/// use footlights_experiment::{Completion, Ending, Experiment, Page, Scene};
///
/// let experiment = Experiment::new("hello", "Hello")
///     .completion(Completion::new().generated_code(Ending::Completed))
///     .scene(Scene::start(Page::new("start", "Hello")))
///     .scene(Scene::completion_code(Page::new("end", "Goodbye")));
/// assert_eq!(footlights_data::validate(&experiment), Ok(()));
/// let twice = experiment.parameter("group").parameter("group");
/// assert!(footlights_data::validate(&twice).unwrap_err().why.contains("two columns"));
/// ```
pub fn validate(experiment: &Experiment) -> Result<(), ConfigError> {
    experiment.validate()?;
    let wrong = |scene: &str, option, why| ConfigError {
        experiment: experiment.id.clone(),
        scene: scene.to_owned(),
        option,
        why,
    };
    if let Some(why) = repeated(&participants::table(experiment).describe()) {
        return Err(wrong("", "ask", why));
    }
    for scene in experiment.scenes() {
        if let Scene::Game(game) = scene {
            check_steps(game).map_err(|why| wrong(&game.id, "environment", why))?;
        }
    }
    Ok(())
}

/// What an environment records must fit the columns that its labels declare: what does not fit would be missed in the
/// data only when the first game is saved.
fn check_steps(game: &GameScene) -> Result<(), String> {
    let table = steps::table(game).map_err(|error| error.to_string())?;
    if let Some(why) = repeated(&table.describe()) {
        return Err(why);
    }
    let mut sim = game.environment.make().map_err(|error| error.to_string())?;
    sim.reset(0, 0);
    sim.labels().check_record(&sim.record()).map_err(|why| format!("the state at a reset: {why}"))
}

/// What to say if two columns have the same name.
fn repeated(columns: &[ColumnInfo]) -> Option<String> {
    let mut names = BTreeSet::new();
    let column = columns.iter().find(|column| !names.insert(&column.name))?;
    Some(format!("two columns of the data would be called {:?}", column.name))
}
