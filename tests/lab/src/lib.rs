//! The lab that tests and benchmarks run: the examples, and experiments that only tests need. The front page lists none of
//! these.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod languages_check;
mod lobby_check;
pub mod models_check;
mod pendulum_check;
mod people_check;
mod rollback_check;
mod slime_load;
mod staying_check;
mod tour;
mod treated_check;
mod watched;

use footlights::prelude::*;

/// The examples' app, with the experiments of the tests.
pub fn app() -> App {
    footlights_examples::app()
        .assets("../../examples/assets")
        .experiment(slime_load::experiment)
        .experiment(lobby_check::experiment)
        .experiment(staying_check::experiment)
        .experiment(rollback_check::experiment)
        .experiment(tour::experiment)
        .experiment(pendulum_check::experiment)
        .experiment(people_check::names)
        .experiment(people_check::answers)
        .experiment(people_check::pair)
        .experiment(people_check::screened)
        .experiment(people_check::pages)
        .experiment(people_check::timed)
        .experiment(languages_check::experiment)
        .experiment(treated_check::groups)
        .experiment(treated_check::sessions)
        .environment::<models_check::Models>()
        .experiment(models_check::on_the_server)
        .experiment(models_check::in_the_browser)
        .checkpoint(watched::down)
        .checkpoint(watched::stressed)
        .checkpoint(watched::cooks)
}
