//! Every kind of page, and a game, one after the other: the book's pictures are taken from it. Not on the front page.

use footlights::environments::slime_volleyball::{Chaser, Config, SlimeVolleyball};
use footlights::prelude::*;

use footlights_examples::slime_controls;

pub fn experiment() -> Experiment {
    let instructions = Page::new("page", "How to drive")
        .text("Rock the car until it reaches the flag. Its motor is too weak to climb the hill in one go.")
        .image("hill.svg", "A car in a valley; a flag on the hill to its right.");
    let reminder = instructions.clone();
    let game = GameScene::new::<SlimeVolleyball>("game", Config { lives: 5, ..Config::default() })
        .result(ShownResult::WinOrLose)
        .title("Slime Volleyball")
        .seat(Seat::Human)
        .seat(Seat::policy("chaser", || Ok(Box::new(Chaser))))
        .episodes(1)
        .max_steps(300)
        .attention_rule(PresenceRule::new(500.0, "Please come back to the game."))
        .waitroom(Waitroom::new().wait_jitter_ms(4_000, 4_000));
    Experiment::new("tour", "Up the hill")
        .unlisted()
        .scene(Scene::start(
            Page::new("start", "Drive up the hill")
                .text("You drive a car whose motor is too weak to climb the hill in one go. It takes three minutes.")
                .text("We record your key presses and your answers. Taking part is voluntary.")
                .button("I agree to take part"),
        ))
        .scene(Screening::new("screening"))
        .scene(instructions.collapsible(&reminder))
        .scene(
            Page::new("number", "About you")
                .ask(Question::number_input("age", "How old are you?", 18.0, 120.0))
                .ask(Question::number_input("height", "How tall are you, in metres?", 0.5, 2.5).step(0.01).optional()),
        )
        .scene(
            Page::new("text", "In your own words")
                .ask(Question::text_box("strategy", "Your strategy in one word?").max_chars(30))
                .ask(Question::text_area("comments", "Anything else?").optional()),
        )
        .scene(
            Page::new("choice", "A choice").ask(
                Question::option_cards("colour", "Your colour?", &["Red", "Blue"])
                    .option_image("Red", "red.svg")
                    .option_image("Blue", "blue.svg"),
            ),
        )
        .scene(
            Page::new("several", "Your attempts").ask(
                Question::multiple_choice(
                    "tried",
                    "What did you try? Choose all that apply.",
                    &["A run-up", "Waiting", "Both keys at once"],
                )
                .multiple(),
            ),
        )
        .scene(
            Page::new("scale", "Survey")
                .ask(Question::scale("effort", "How hard was it?", 7).anchors("Very easy", "Very hard")),
        )
        .scene(
            Page::new("slider", "Survey").ask(
                Question::slider("control", "How much were you in control?", 0.0, 100.0, 1.0)
                    .anchors("Not at all", "Completely"),
            ),
        )
        .scene(
            Page::new("own", "Your mood")
                .html(r#"<p><label>Today I feel <input name="mood"></label></p>"#)
                .ask(Question::custom_html("mood", "Mood, in the participant's words")),
        )
        .scene(
            Page::new("check", "One question before you begin")
                .collapsible(&reminder)
                .ask(
                    Question::multiple_choice("goal", "Where must the car go?", &["Into the valley", "To the flag"])
                        .correct(&["To the flag"]),
                )
                .attempts(3, Transition::End),
        )
        .scene(slime_controls(game))
        .scene(Scene::completion_code(
            Page::new("end", "Thank you").text("You scored {game.score} points. Your mood was: {own.mood}."),
        ))
        .completion(Ending::ALL.into_iter().fold(Completion::new(), Completion::generated_code))
}
