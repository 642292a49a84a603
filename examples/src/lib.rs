//! The example experiments, one file each, as a lab's package has them. Add yours to [`app`].
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod commons_harvest;
mod control;
mod hamlet;
mod keys;
mod mountain_car_conditions;
mod overcooked;
pub mod policies;
mod slime_alone;
mod slime_human_ai;
mod slime_human_human;
mod slime_rollback;
mod slime_with_a_stranger;

use footlights::{
    environments::{
        acrobot::Acrobot,
        cart_pole::CartPole,
        commons_harvest::{CommonsHarvest, Gatherer},
        hamlet::Hamlet,
        mountain_car::{MountainCar, Rocker},
        overcooked::{Greedy, Overcooked},
        pendulum::Pendulum,
        slime_volleyball::{Chaser, SlimeVolleyball},
    },
    prelude::*,
};

pub use slime_human_human::controls as slime_controls;

/// The environments, the experiments in the order of the front page, and the policies that people can watch.
pub fn app() -> App {
    hamlet::checkpoints(experiments())
}

fn experiments() -> App {
    App::new()
        .environment::<MountainCar>()
        .policy::<MountainCar>("scripted", |_| Box::new(Rocker))
        .environment::<Acrobot>()
        .environment::<CartPole>()
        .environment::<Pendulum>()
        .environment::<Hamlet>()
        .environment::<CommonsHarvest>()
        .policy::<CommonsHarvest>("careful", |_| Box::new(Gatherer::careful()))
        .environment::<Overcooked>()
        .policy::<Overcooked>("greedy", |config| Box::new(Greedy::on(&config.layout)))
        .environment::<SlimeVolleyball>()
        .policy::<SlimeVolleyball>("scripted", |_| Box::new(Chaser))
        .experiment(slime_with_a_stranger::experiment)
        .experiment(mountain_car_conditions::experiment)
        .experiment(slime_human_human::experiment)
        .experiment(slime_rollback::experiment)
        .experiment(slime_human_ai::experiment)
        .experiment(slime_alone::experiment)
        .experiment(overcooked::with_a_partner)
        .experiment(overcooked::with_somebody_far_away)
        .experiment(overcooked::with_the_computer)
        .experiment(commons_harvest::experiment)
        .experiment(control::experiment)
        .experiment(hamlet::experiment)
}
