//! A commons dilemma: four participants share an orchard, and each sees only the cells around them.

use footlights::environments::commons_harvest::{Action, CommonsHarvest, Config, Gatherer};
use footlights::prelude::*;

use crate::keys::directions;

/// The experiment. The game is on the server, so that no browser knows more than its participant sees.
pub fn experiment() -> Experiment {
    let careful = || Seat::policy("careful", || Ok(Box::new(Gatherer::careful()) as Box<dyn Policy>));
    let game = GameScene::new::<CommonsHarvest>("orchard", Config { players: 4, ..Config::default() })
        .title("The orchard")
        .fps(8.0)
        .input_mode(InputMode::KeyDown)
        .record_observations(false)
        // What the others eat would say what lies outside of the window.
        .scores(ShownScores::Own)
        .max_steps(960)
        .grace_ms(10_000)
        // The others go on with a careful gatherer in the place of who left.
        .on_dropout(DropoutRule::Replace(careful()));
    let game = (0..4).fold(game, |game, _| game.seat(Seat::Human));
    Experiment::new("commons_harvest", "The orchard")
        .description("Four people share an orchard whose apples grow back only where others are left.")
        .scene(Scene::start(
            Page::new("start", "The orchard")
                .text("You and three other people share an orchard for two minutes. You see the cells around you, and are in the white ring.")
                .text("Step on an apple to eat it: it counts one point for you. Apples grow back only near other apples, and faster the more there are.")
                .text("The arrow keys or W, A, S and D take you a step. The space bar sends a beam forward: who is hit is out for three seconds.")
                .button("Find the others"),
        ))
        .scene(keys(game))
        .scene(
            Page::new("survey", "How was it?")
                .ask(Question::scale("fair", "How fair did the others play?", 7).anchors("Not at all", "Completely")),
        )
        .scene(Scene::end(Page::new("end", "Thank you").text("That was all.")))
}

fn keys(game: GameScene) -> GameScene {
    directions(game, [Action::North, Action::West, Action::South, Action::East]).action(
        &["Space"],
        Action::Tag,
        "beam",
    )
}
