//! Experiments that only tests and benchmarks need. `cargo xtask test` serves them beside the examples, from a worker of
//! its own; a deployment does not have them.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod lobby_check;
mod rollback_check;
mod slime_load;
mod staying_check;

use footlights_experiment::Experiment;

/// Every test experiment. The front page lists none of them.
pub fn all() -> Vec<Experiment> {
    vec![
        slime_load::experiment(),
        lobby_check::experiment(),
        staying_check::experiment(),
        rollback_check::experiment(),
    ]
}
