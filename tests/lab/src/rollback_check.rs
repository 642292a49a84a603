//! What the tests of bad networks play: ten seconds for two people whose browsers simulate, with a prediction window of
//! ten seconds. Not on the front page.

use footlights::environments::slime_volleyball::{Config, SlimeVolleyball};
use footlights::experiment::{Execution, Experiment, GameScene, Page, Scene, Seat};

use footlights_examples::slime_controls;

pub fn experiment() -> Experiment {
    let game =
        GameScene::new::<SlimeVolleyball>("game", Config { lives: 100, max_steps: 300, ..Config::default() })
            .execution(Execution::Browser)
            .prediction_window(300)
            .seat(Seat::Human)
            .seat(Seat::Human)
            .countdown_ms(0);

    Experiment::new("rollback_check", "Over a bad network")
        .unlisted()
        .scene(Scene::start(Page::new("start", "Over a bad network")))
        .scene(slime_controls(game))
        .scene(Scene::end(Page::new("end", "Thank you")))
}
