//! Two participants play Slime Volleyball with each other at any distance. Each browser simulates the game, so that the
//! participant's own keys act at once, and goes back when the room decides otherwise.

use footlights::environments::slime_volleyball::{Config, SlimeVolleyball};
use footlights::prelude::*;

use crate::slime_human_human::controls;

/// The experiment.
pub fn experiment() -> Experiment {
    let game = GameScene::new::<SlimeVolleyball>("game", Config::default())
        .result(ShownResult::WinOrLose)
        .title("Slime Volleyball")
        .execution(Execution::Browser)
        .input_delay(InputDelay::Adaptive { most: 3 })
        .prediction_window(20)
        .seat(Seat::Human)
        .seat(Seat::Human)
        .episodes(5);

    Experiment::new("slime_rollback", "Slime Volleyball with somebody far away")
        .scene(Scene::start(
            Page::new("start", "Slime Volleyball")
                .text("You will be matched with another person, wherever they are. Each of you plays one slime.")
                .text("Keep the ball from touching the ground on your side. Five points are played.")
                .button("Find a partner"),
        ))
        .scene(controls(game))
        .scene(Scene::end(Page::new("end", "Thank you").text("That was all.")))
}
