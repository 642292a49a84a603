//! What is wrong with an experiment as a whole, its tables included.

use std::collections::BTreeSet;

use footlights_experiment::{ConfigError, Experiment};

use crate::tables::participants_columns;

/// Finds what is wrong with an experiment before it is served: its configuration, and names that would stand twice in
/// its tables. It costs one reset of each environment and one load of each policy.
///
/// # Errors
/// The first mistake, with its scene and its option.
pub fn validate(experiment: &Experiment) -> Result<(), ConfigError> {
    experiment.validate()?;
    let columns = participants_columns(experiment);
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
