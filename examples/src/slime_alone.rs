//! One participant plays Slime Volleyball against a trained policy in the browser, which never waits for the network.

use footlights::prelude::*;

use crate::slime_human_ai::against_the_computer;

/// The experiment.
pub fn experiment() -> Experiment {
    against_the_computer(
        "slime_alone",
        "Slime Volleyball against the computer, in the browser",
        Execution::Browser,
    )
}
