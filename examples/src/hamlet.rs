//! One person looks after six needs in a small town.

use footlights::environments::hamlet::{Action, Config, Hamlet};
use footlights::prelude::*;

/// The experiment: a day in the town, alone.
pub fn experiment() -> Experiment {
    Experiment::new("hamlet", "A day in Hamlet")
        .description("One person eats, sleeps, works and meets others in a small town, for as long as they can.")
        .scene(Scene::start(
            Page::new("start", "A day in Hamlet")
                .text(
                    "You live in a small town. Energy, hygiene, food, mood and company go down as time passes, and a walk \
                     takes more of them than standing still. When energy, hygiene, food or mood is gone, the day is over.",
                )
                .text(
                    "Walk with the arrow keys. Press the space bar to use the place where you stand. Your job pays for \
                     everything else. Loneliness lowers the mood.",
                )
                .button("Begin"),
        ))
        .scene(
            GameScene::new::<Hamlet>("town", Config { wait: true, max_steps: 300, ..Config::default() })
                .title("Keep going for as long as you can")
                .execution(Execution::Browser)
                .fps(4.0)
                .seat(Seat::Human)
                .input_mode(InputMode::KeyDown)
                .action(&["ArrowUp"], Action::Up, "up")
                .action(&["ArrowDown"], Action::Down, "down")
                .action(&["ArrowLeft"], Action::Left, "left")
                .action(&["ArrowRight"], Action::Right, "right")
                .action(&["Space"], Action::Interact, "use"),
        )
        .scene(Scene::end(Page::new("end", "Thank you").text("That was all.")))
}
