//! The experiments that this deployment serves, one file each. Add yours to [`all`].
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod mountain_car_conditions;
mod policies;
mod slime_alone;
mod slime_human_ai;
mod slime_human_human;
mod slime_rollback;
mod slime_with_a_stranger;

use footlights_experiment::{ConfigError, Experiment};

pub use slime_human_human::controls as slime_controls;

/// Every experiment, in the order of the front page.
pub fn all() -> Vec<Experiment> {
    vec![
        slime_with_a_stranger::experiment(),
        mountain_car_conditions::experiment(),
        slime_human_human::experiment(),
        slime_rollback::experiment(),
        slime_human_ai::experiment(),
        slime_alone::experiment(),
    ]
}

/// The first thing that is wrong with any of them. The worker asks when it starts, a test asks before.
pub fn check() -> Result<(), ConfigError> {
    all().iter().try_for_each(footlights_data::validate)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_study_is_configured_right() {
        super::check().unwrap();
    }

    #[test]
    fn every_study_has_an_id_of_its_own() {
        let mut ids: Vec<String> = super::all().into_iter().map(|experiment| experiment.id).collect();
        let all = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all);
    }
}
