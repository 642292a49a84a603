//! The scene, game and seats that the tests of the room's parts share.

use footlights_env::Agent;
use footlights_environments::slime_volleyball::{Chaser, Config, Move, SlimeVolleyball};
use footlights_experiment::{Execution, GameScene, Seat};
use footlights_protocol::{EpochMs, timeline::Timeline};

use super::{game::Game, seats::Seats};
use crate::ConnId;

pub const A: Agent = Agent(0);
pub const B: Agent = Agent(1);

/// A game of Slime Volleyball in which both seats are participants'.
pub fn pair() -> GameScene {
    scene(Seat::Human, Seat::Human)
}

/// A game of Slime Volleyball for one participant and a policy, in the browser.
pub fn single() -> GameScene {
    scene(Seat::Human, chaser()).execution(Execution::Browser)
}

pub fn chaser() -> Seat {
    Seat::policy("chaser", || Ok(Box::new(Chaser)))
}

fn scene(left: Seat, right: Seat) -> GameScene {
    GameScene::new::<SlimeVolleyball>("game", Config::default())
        .seat(left)
        .seat(right)
        .action(&["ArrowLeft"], Move::Backward, "left")
        .default_action(Move::Noop)
}

/// The scene's game at its start, and its seats. No participant is connected.
pub fn parts(scene: &GameScene) -> (Game, Seats) {
    let sim = scene.environment.make().expect("the environment can be made");
    let timeline = Timeline::new(scene.rules(), sim, 7);
    let seats = Seats::new(scene, timeline.sim()).expect("policies load");
    (Game::new(scene, timeline, EpochMs(0)), seats)
}

/// The participant of a seat completes the handshake; the connection has the agent's number plus 1.
pub fn join(seats: &mut Seats, agent: Agent) {
    let player = seats.player_mut(agent).expect("a participant's seat");
    player.connect(ConnId(u64::from(agent.0) + 1), EpochMs(0));
    player.ready = true;
}
