//! What `cargo xtask bench load` plays: two people, no pauses, for as long as it takes. Not on the front page.

use footlights::environments::slime_volleyball::{Config, SlimeVolleyball};
use footlights::experiment::{Experiment, GameScene, Page, Scene, Seat, Waitroom};

use footlights_examples::slime_controls;

pub fn experiment() -> Experiment {
    let five = Config { lives: 5, ..Config::default() };
    let game = GameScene::new::<SlimeVolleyball>("game", five)
        .seat(Seat::Human)
        .seat(Seat::Human)
        .episodes(100)
        // People come in pairs here; who is alone is soon let go, which an edge test waits for.
        .waitroom(Waitroom::new().max_wait_ms(15_000))
        .countdown_ms(0);

    Experiment::new("slime_load", "Load test")
        .unlisted()
        .scene(Scene::start(Page::new("start", "Load test")))
        .scene(slime_controls(game))
        .scene(Scene::end(Page::new("end", "Thank you")))
}
