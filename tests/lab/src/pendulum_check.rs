//! A continuous action, for the tests of controls. Not on the front page.

use footlights::environments::pendulum::{Config, Pendulum};
use footlights::prelude::*;

pub fn experiment() -> Experiment {
    let game = GameScene::new::<Pendulum>("pendulum", Config { max_steps: 200, ..Config::default() })
        .title("Pendulum")
        .execution(Execution::Browser)
        .fps(20.0)
        .seat(Seat::Human)
        .axis(&["ArrowLeft"], &["ArrowRight"], "force");
    Experiment::new("pendulum_check", "Pendulum")
        .unlisted()
        .scene(Scene::start(Page::new("start", "Pendulum").text("Swing it up.")))
        .scene(game)
        .scene(Scene::end(Page::new("end", "Thank you")))
}
