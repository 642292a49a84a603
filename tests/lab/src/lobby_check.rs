//! A waiting room with everything it can do, for tests of the edge. Not on the front page.

use footlights::environments::slime_volleyball::{Config, SlimeVolleyball};
use footlights::experiment::{Experiment, GameScene, Page, Scene, Seat, Waitroom};

use footlights_examples::slime_controls;

pub fn experiment() -> Experiment {
    let one = Config { lives: 1, ..Config::default() };
    let game = GameScene::new::<SlimeVolleyball>("game", one)
        .seat(Seat::Human)
        .seat(Seat::Human)
        .episodes(1)
        .countdown_ms(0)
        .waitroom(Waitroom::new().ready_check_ms(5_000).wait_jitter_ms(0, 200).max_concurrent_games(1));

    Experiment::new("lobby_check", "Waiting room")
        .unlisted()
        .scene(Scene::start(Page::new("start", "Waiting room")))
        .scene(slime_controls(game))
        .scene(Scene::end(Page::new("end", "Thank you")))
}
