//! Mountain Car for one participant, with two factors that are crossed between participants: the speed that is needed at
//! the flag, and whether a hint is given.

use footlights::environments::mountain_car::{Config, MountainCar, Push};
use footlights::prelude::*;

/// The experiment.
pub fn experiment() -> Experiment {
    Experiment::new("mountain_car_conditions", "Mountain Car under four conditions")
        .description("One person drives a car up a hill; the speed needed at the flag and a hint are crossed between subjects.")
        .parameter("cohort")
        .scene(Scene::start(
            Page::new("consent", "Drive up the hill")
                .text("You drive a car whose motor is too weak to climb the hill in one go. It takes about three minutes.")
                .text("We record your key presses and your answers. Taking part is voluntary.")
                .button("I agree to take part"),
        ))
        .factor(
            Factor::new("hint")
                .level("given", Block::new().scene(instructions("instructions_hint").text("Hint: a run-up from the other side helps.")))
                .level("withheld", Block::new().scene(instructions("instructions_plain"))),
        )
        .factor(
            Factor::new("finish")
                .level("any_speed", Block::new().scene(drive("drive", 0.0)).repeat(2))
                .level("fast", Block::new().scene(drive("drive_fast", 0.03)).repeat(2)),
        )
        .block(
            Block::new()
                .scene(
                    Page::new("effort", "Effort")
                        .ask(Question::scale("effort", "How hard was it?", 7).anchors("Very easy", "Very hard")),
                )
                .scene(
                    Page::new("control", "Control").ask(
                        Question::slider("control", "How much were you in control of the car?", 0.0, 100.0, 1.0)
                            .anchors("Not at all", "Completely"),
                    ),
                )
                .shuffle(),
        )
        .scene(Scene::completion_code(Page::new("end", "Thank you").text("That was all.")))
        // Nobody who began goes unpaid.
        .completion(
            Completion::new()
                .generated_code(Ending::Completed)
                .generated_code(Ending::Left)
                .generated_code(Ending::Failed),
        )
}

fn instructions(id: &str) -> Page {
    Page::new(id, "How to drive")
        .text("The left and right arrow keys (or A and D) push the car to the left and to the right. Reach the flag on top of \
               the right hill.")
}

fn drive(id: &str, goal_velocity: f64) -> GameScene {
    GameScene::new::<MountainCar>(id, Config { goal_velocity, max_steps: 600 })
        .title("Drive up the hill")
        .execution(Execution::Browser)
        .seat(Seat::Human)
        .action(&["ArrowLeft"], Push::Left, "left")
        .action(&["ArrowRight"], Push::Right, "right")
        .action(&["KeyA"], Push::Left, "left")
        .action(&["KeyD"], Push::Right, "right")
}
