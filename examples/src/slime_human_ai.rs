//! One participant plays Slime Volleyball against a trained policy.

use footlights::environments::slime_volleyball::{Config, SlimeVolleyball};
use footlights::prelude::*;

use crate::{policies, slime_human_human::controls};

/// The experiment, with the game on the server.
pub fn experiment() -> Experiment {
    against_the_computer("slime_human_ai", "Slime Volleyball against the computer", Execution::Server)
}

/// The experiment, with the game on the server or in the browser.
pub fn against_the_computer(id: &str, title: &str, execution: Execution) -> Experiment {
    let game = GameScene::new::<SlimeVolleyball>("game", Config::default())
        .result(ShownResult::WinOrLose)
        .title("Slime Volleyball")
        .execution(execution)
        .seat(Seat::Human)
        .seat(Seat::policy("slime_volleyball", policies::slime_volleyball))
        .episodes(5);

    Experiment::new(id, title)
        .scene(Scene::start(
            Page::new("start", "Slime Volleyball")
                .text("You play the orange slime on the left; the computer plays the blue one on the right.")
                .text("Keep the ball from touching the ground on your side. Five points are played.")
                .button("Play"),
        ))
        .scene(controls(game))
        .scene(Scene::end(Page::new("end", "Thank you").text("That was all.")))
}
