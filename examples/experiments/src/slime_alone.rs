//! One person plays Slime Volleyball against a trained policy in the browser: nothing waits for the network.

use footlights_experiment::{Execution, Experiment};

use crate::slime_human_ai::study;

pub fn experiment() -> Experiment {
    study("slime_alone", "Slime Volleyball against the computer, in the browser", Execution::Browser)
}
