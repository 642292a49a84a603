//! The example experiments, one file each, as a lab's package has them. Add yours to [`app`].
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

use footlights::{
    environments::{
        mountain_car::{MountainCar, Rocker},
        slime_volleyball::{Chaser, SlimeVolleyball},
    },
    prelude::*,
};

pub use slime_human_human::controls as slime_controls;

/// The environments and the experiments, in the order of the front page.
pub fn app() -> App {
    App::new()
        .environment::<MountainCar>()
        .policy::<MountainCar>("scripted", || Box::new(Rocker))
        .environment::<SlimeVolleyball>()
        .policy::<SlimeVolleyball>("scripted", || Box::new(Chaser))
        .experiment(slime_with_a_stranger::experiment)
        .experiment(mountain_car_conditions::experiment)
        .experiment(slime_human_human::experiment)
        .experiment(slime_rollback::experiment)
        .experiment(slime_human_ai::experiment)
        .experiment(slime_alone::experiment)
}
