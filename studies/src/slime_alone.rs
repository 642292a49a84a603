//! One person plays Slime Volleyball against a trained policy in the browser: nothing waits for the network.

use envs::slime_volleyball::{Config, SlimeVolleyball};
use room::experiment::{Execution, Experiment, GameScene, Page, Scene, Seat};

use crate::{policies, slime_human_human::controls};

pub fn experiment() -> Experiment {
    let game = GameScene::new::<SlimeVolleyball>("game", Config::default())
        .title("Slime Volleyball")
        .execution(Execution::Browser)
        .seat(Seat::Human)
        .seat(Seat::policy("slime_volleyball", policies::slime_volleyball))
        .episodes(5);

    Experiment::new("slime_alone", "Slime Volleyball against the computer, in the browser")
        .scene(Scene::start(
            Page::new("start", "Slime Volleyball")
                .text("You play the orange slime on the left; the computer plays the blue one on the right.")
                .text("Keep the ball from touching the ground on your side. Five points are played.")
                .button("Play"),
        ))
        .scene(controls(game))
        .scene(Scene::end(Page::new("end", "Thank you").text("The game is over and your data are saved.")))
}
