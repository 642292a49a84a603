//! Two participants play Slime Volleyball with each other.

use footlights::environments::slime_volleyball::{Config, Move, SlimeVolleyball};
use footlights::prelude::*;

/// The experiment.
pub fn experiment() -> Experiment {
    let game = GameScene::new::<SlimeVolleyball>("game", Config::default())
        .result(ShownResult::WinOrLose)
        .title("Slime Volleyball")
        .seat(Seat::Human)
        .seat(Seat::Human)
        .episodes(5);

    Experiment::new("slime_human_human", "Slime Volleyball with a partner")
        .scene(Scene::start(
            Page::new("start", "Slime Volleyball")
                .text("You will be matched with another person. Each of you plays one slime.")
                .text("Keep the ball from touching the ground on your side. Five points are played.")
                .button("Find a partner"),
        ))
        .scene(controls(game))
        .scene(Scene::end(Page::new("end", "Thank you").text("That was all.")))
}

/// Adds the keys of Slime Volleyball: the arrow keys, or A, W and D. Forward is towards the net, so left and right mean
/// different moves on the two sides.
pub fn controls(game: GameScene) -> GameScene {
    let sides = [(0, Move::Backward, Move::Forward), (1, Move::Forward, Move::Backward)];
    sides.into_iter().fold(game, |game, (agent, left, right)| {
        let jump = |side| if side == Move::Forward { Move::ForwardJump } else { Move::BackwardJump };
        [["ArrowLeft", "ArrowUp", "ArrowRight"], ["KeyA", "KeyW", "KeyD"]].into_iter().fold(
            game,
            |game, [l, u, r]| {
                game.action_for(agent, &[l], left, "left")
                    .action_for(agent, &[u], Move::Jump, "jump")
                    .action_for(agent, &[r], right, "right")
                    .action_for(agent, &[l, u], jump(left), "")
                    .action_for(agent, &[r, u], jump(right), "")
            },
        )
    })
}
