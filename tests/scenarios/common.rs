//! The scenes that the scenarios play.

use footlights_environments::{
    mountain_car::{self, MountainCar},
    slime_volleyball::{Chaser, Config, Move, SlimeVolleyball},
};
use footlights_experiment::{GameScene, Seat};
use footlights_protocol::KeySet;

/// A game of Slime Volleyball that lasts long: many lives.
pub fn long_slime(left: Seat, right: Seat) -> GameScene {
    let config = Config { lives: 200, max_steps: 100_000, ..Config::default() };
    keys(GameScene::new::<SlimeVolleyball>("game", config)).seat(left).seat(right).countdown_ms(0)
}

/// Five points.
pub fn slime(left: Seat, right: Seat) -> GameScene {
    keys(GameScene::new::<SlimeVolleyball>("game", Config::default())).seat(left).seat(right).episodes(5)
}

fn keys(scene: GameScene) -> GameScene {
    scene
        .action(&["ArrowLeft"], Move::Backward, "left")
        .action(&["ArrowUp"], Move::Jump, "jump")
        .action(&["ArrowRight"], Move::Forward, "right")
        .action(&["ArrowRight", "ArrowUp"], Move::ForwardJump, "")
        .default_action(Move::Noop)
}

/// The keys above.
pub const LEFT: KeySet = KeySet(1);
pub const UP: KeySet = KeySet(2);
pub const RIGHT: KeySet = KeySet(4);

pub fn chaser() -> Seat {
    Seat::policy("chaser", || Ok(Box::new(Chaser)))
}

/// One person on a hill, for 200 steps.
pub fn hill() -> GameScene {
    GameScene::new::<MountainCar>("game", mountain_car::Config::default())
        .seat(Seat::Human)
        .action(&["ArrowLeft"], mountain_car::Push::Left, "left")
        .action(&["ArrowRight"], mountain_car::Push::Right, "right")
        .default_action(mountain_car::Push::None)
        .countdown_ms(0)
}
