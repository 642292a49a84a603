//! Control tasks of Gymnasium for one participant each: a pole on a cart, a robot of two links, and a pendulum that is
//! driven with the mouse, a finger, a slider or a stick.

use footlights::environments::{
    acrobot::{self, Acrobot},
    cart_pole::{self, CartPole},
    pendulum::{self, Pendulum},
};
use footlights::prelude::*;

/// The experiment: the three tasks in a random order.
pub fn experiment() -> Experiment {
    Experiment::new("control", "Three balancing acts")
        .description(
            "One person balances a pole, swings a robot up, and drives a pendulum with a continuous force.",
        )
        .scene(Scene::start(
            Page::new("start", "Three balancing acts")
                .text("You try three small tasks. Each lasts half a minute.")
                .button("Begin"),
        ))
        .block(Block::new().scene(cart_pole()).scene(acrobot()).scene(pendulum()).shuffle())
        .scene(Scene::end(Page::new("end", "Thank you").text("That was all.")))
}

fn cart_pole() -> GameScene {
    GameScene::new::<CartPole>("cart_pole", cart_pole::Config::default())
        .title("Keep the pole upright")
        .execution(Execution::Browser)
        .fps(20.0)
        .episodes(3)
        .seat(Seat::Human)
        // The cart is always pushed: the last key decides until the next one.
        .input_mode(InputMode::KeyDown)
        .missing_action(MissingAction::Previous)
        .default_action(cart_pole::Push::Left)
        .action(&["ArrowLeft"], cart_pole::Push::Left, "push left")
        .action(&["ArrowRight"], cart_pole::Push::Right, "push right")
}

fn acrobot() -> GameScene {
    GameScene::new::<Acrobot>("acrobot", acrobot::Config::default())
        .title("Swing over the line")
        .execution(Execution::Browser)
        .fps(15.0)
        .seat(Seat::Human)
        .action(&["ArrowLeft"], acrobot::Torque::Negative, "left")
        .action(&["ArrowRight"], acrobot::Torque::Positive, "right")
}

fn pendulum() -> GameScene {
    GameScene::new::<Pendulum>("pendulum", pendulum::Config { max_steps: 400, ..pendulum::Config::default() })
        .title("Hold the pendulum upright")
        .execution(Execution::Browser)
        .fps(20.0)
        .seat(Seat::Human)
        .axis(&["ArrowLeft"], &["ArrowRight"], "force")
}
