//! The experiment `{{env}}`: instructions, a game, a question, and a code at the end.

use footlights::prelude::*;

use crate::{{env}}::{Config, {{Env}}, Walk};

/// The experiment.
pub fn experiment() -> Experiment {
    Experiment::new("{{env}}", "{{Title}}")
        .description("Players walk on a grid and pick up coins.")
        .completion(
            Completion::new()
                .generated_code(Ending::Completed)
                .generated_code(Ending::LobbyTimeout)
                .generated_code(Ending::PartnerLeft)
                .generated_code(Ending::Left)
                .generated_code(Ending::Failed),
        )
        .scene(Scene::start(
            Page::new("start", "{{Title}}")
                .text("You take part in a study. You play {{Title}}, which lasts half a minute.")
                .button("I agree to take part"),
        ))
        .scene(
            Page::new("instructions", "How to play")
                .text("Walk with the arrow keys, and pick up as many coins as you can."),
        )
        .scene(game())
        .scene(
            Page::new("survey", "One question")
                .ask(Question::scale("fun", "How much fun was it?", 7).anchors("None", "A lot")),
        )
        .scene(Scene::completion_code(Page::new("end", "Thank you").text("Your score: {game.score}")))
}

fn game() -> GameScene {
    let game = GameScene::new::<{{Env}}>("game", Config::default())
        .title("{{Title}}")
        .fps(10.0)
        .max_steps(200)
        .image("sprites", Image::sheet("sprites.svg", 5, 1))
        .action(&["ArrowLeft"], Walk::Left, "left")
        .action(&["ArrowRight"], Walk::Right, "right")
        .action(&["ArrowUp"], Walk::Up, "up")
        .action(&["ArrowDown"], Walk::Down, "down");
    (0..{{players}}).fold(game, |game, _| game.seat(Seat::Human))
}
