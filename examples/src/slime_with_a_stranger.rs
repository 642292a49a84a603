//! Slime Volleyball with a stranger: a whole experiment for two participants, from consent to payment.

use footlights::environments::slime_volleyball::{Config, SlimeVolleyball};
use footlights::prelude::*;

use crate::{policies, slime_human_human::controls};

/// The experiment.
pub fn experiment() -> Experiment {
    Experiment::new("slime_with_a_stranger", "Slime Volleyball with a stranger")
        .description(
            "Two strangers practise Slime Volleyball against a trained policy, play two games with each other and \
             say how it was.",
        )
        .scene(consent())
        .scene(
            Screening::new("screening")
                .devices(&[Device::Desktop, Device::Tablet])
                .min_window(320, 480)
                .max_ping_ms(400.0),
        )
        .scene(instructions())
        .scene(comprehension())
        .scene(practice())
        .scene(
            Page::new("before_the_match", "Now with another person")
                .text("You scored {practice.score} in practice. Next you are matched with another participant.")
                .text("Please stay on this page while you wait: you hear a sound when somebody is there.")
                .button("Find a partner"),
        )
        .scene(match_with_a_stranger("first_game"))
        .scene(
            Page::new("between", "A short break")
                .text("The second game is with the same person. Go on when you are ready."),
        )
        .scene(rematch("second_game"))
        .scene(survey())
        .scene(Scene::completion_code(
            Page::new("end", "Thank you")
                .text("That was all. Thank you for taking part!")
                .ending(
                    Ending::PartnerLeft,
                    "Your partner left, which is not your fault: you are paid in full.",
                )
                .ending(
                    Ending::LobbyTimeout,
                    "You are paid for the time that you waited.",
                ),
        ))
        .completion(
            Completion::new()
                .code(Ending::Completed, "SLIME-DONE")
                .code(Ending::LobbyTimeout, "SLIME-WAITED")
                .code(Ending::PartnerLeft, "SLIME-PARTNER")
                .code(Ending::Left, "SLIME-AWAY")
                .code(Ending::ScreenedOut, "SLIME-DEVICE")
                .code(Ending::FailedCheck, "SLIME-CHECK")
                .code(Ending::Excluded, "SLIME-FOCUS")
                .code(Ending::Failed, "SLIME-ERROR"),
        )
}

fn consent() -> Scene {
    Scene::start(
        Page::new("consent", "Slime Volleyball with a stranger")
            .text("You are invited to a study on how two people who do not know each other learn to play together.")
            .text("You play a simple game, first against the computer and then with another participant, and answer \
                   a few questions. It takes about ten minutes.")
            .text("We record your key presses, the times at which you press them, and your answers. Your name is \
                   never recorded. Taking part is voluntary: you may close the page whenever you like.")
            .button("I am 18 or older and agree to take part"),
    )
}

fn instructions() -> Page {
    Page::new("instructions", "How to play")
        .text("You are one of two slimes on either side of a net. Whoever lets the ball touch the ground on their own \
               side loses the point.")
        .image("slime_point.svg", "Two slimes on either side of a net; the ball lands on the right side.")
        .text("Move with the left and right arrow keys and jump with the up arrow key; A, D and W do the same. On a \
               touch screen there are buttons.")
        .text("A game has three points. You lose 1 when the ball lands on your side, and gain 1 when it lands on the \
               other.")
}

fn comprehension() -> Page {
    Page::new("comprehension", "Two questions before you begin")
        .collapsible(&instructions())
        .ask(
            Question::multiple_choice(
                "goal",
                "When do you lose a point?",
                &[
                    "When the ball touches the ground on my side",
                    "When the ball touches the net",
                    "When I jump twice",
                ],
            )
            .correct(&["When the ball touches the ground on my side"]),
        )
        .ask(
            Question::option_cards("jump", "Which key jumps?", &["Space", "Up arrow", "Enter"])
                .correct(&["Up arrow"]),
        )
        .attempts(3, Transition::End)
}

fn game(id: &str, title: &str) -> GameScene {
    controls(
        GameScene::new::<SlimeVolleyball>(id, Config { lives: 3, ..Config::default() })
            .result(ShownResult::WinOrLose)
            .title(title),
    )
    .result(ShownResult::WinOrLose)
}

fn practice() -> GameScene {
    let once = Config { lives: 1, ..Config::default() };
    let game = GameScene::new::<SlimeVolleyball>("practice", once)
        .result(ShownResult::WinOrLose)
        .title("Practice")
        .seat(Seat::Human)
        .seat(Seat::policy("slime_volleyball", policies::slime_volleyball))
        .max_steps(900);
    controls(game)
}

fn with_another_participant(id: &str, title: &str) -> GameScene {
    game(id, title)
        .seat(Seat::Human)
        .seat(Seat::Human)
        .max_steps(1_800)
        .grace_ms(30_000)
        .on_dropout(DropoutRule::End)
        // A participant whose partner left still answers the survey.
        .on(Outcome::PartnerLeft, Transition::Goto("survey".into()), Ending::PartnerLeft)
        .attention_rule(
            PresenceRule::new(3_000.0, "Please come back to the game: your partner is waiting.")
                .exclude(30_000.0, "You were away from the game for too long."),
        )
        .latency_rule(PresenceRule::new(300.0, "Your connection is slow at the moment."))
}

fn match_with_a_stranger(id: &str) -> GameScene {
    with_another_participant(id, "First game")
        .waitroom(Waitroom::new().max_wait_ms(300_000).ready_check_ms(20_000))
}

fn rematch(id: &str) -> GameScene {
    with_another_participant(id, "Second game")
        .waitroom(
            Waitroom::new()
                .max_wait_ms(120_000)
                .timeout_message("Your partner did not come back for the second game.")
                .matching(Reunion::new("first_game")),
        )
        .on(Outcome::LobbyTimeout, Transition::Goto("survey".into()), Ending::PartnerLeft)
}

fn survey() -> Page {
    Page::new("survey", "How was it?")
        .ask(
            Question::scale("fun", "How much fun was playing with the other person?", 7)
                .anchors("No fun at all", "A lot of fun"),
        )
        .ask(
            Question::scale("together", "How well did you two understand each other?", 5)
                .anchors("Not at all", "Perfectly"),
        )
        .ask(
            Question::slider("skill", "Whose skill was higher?", 0.0, 100.0, 1.0)
                .anchors("Mine", "My partner's"),
        )
        .ask(
            Question::multiple_choice(
                "strategy",
                "What did you try? Choose all that apply.",
                &["Staying near the net", "Staying in the back", "Jumping a lot", "Nothing in particular"],
            )
            .multiple(),
        )
        .ask(Question::multiple_choice(
            "human",
            "Who do you think you played with?",
            &["A person", "A computer", "I cannot tell"],
        ))
        .ask(Question::number_input("age", "How old are you?", 18.0, 120.0))
        .ask(Question::text_area("comments", "Anything else you would like to say?").optional())
        .button("Send")
}
