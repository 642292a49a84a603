//! What is wrong with an experiment as a whole, its tables included.

use std::collections::BTreeSet;

use footlights_experiment::{ConfigError, Experiment};

use crate::participants;

/// Finds what is wrong with an experiment before it is served: its configuration, and names that would stand twice in
/// its tables. It costs one reset of each environment and one load of each policy.
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
    let columns = participants::table(experiment).describe();
    let mut names = BTreeSet::new();
    match columns.iter().find(|column| !names.insert(&column.name)) {
        Some(column) => Err(ConfigError {
            experiment: experiment.id.clone(),
            scene: String::new(),
            option: "ask",
            why: format!("two columns of the data would be called {:?}", column.name),
        }),
        None => Ok(()),
    }
}
