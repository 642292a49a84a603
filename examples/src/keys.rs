//! Keys that several experiments have.

use footlights::prelude::*;

/// The arrow keys, and W, A, S and D, for steps to the north, west, south and east.
pub fn directions<A: Into<ActionValue> + Copy>(
    game: GameScene,
    [north, west, south, east]: [A; 4],
) -> GameScene {
    let sides = [["ArrowUp", "ArrowLeft", "ArrowDown", "ArrowRight"], ["KeyW", "KeyA", "KeyS", "KeyD"]];
    sides.into_iter().fold(game, |game, [up, left, down, right]| {
        game.action(&[up], north, "up").action(&[left], west, "left").action(&[down], south, "down").action(
            &[right],
            east,
            "right",
        )
    })
}
