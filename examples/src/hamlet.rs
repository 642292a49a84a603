//! One person looks after six needs in a small town, and agents that learnt to do so can be watched.

use footlights::environments::hamlet::{Action, Config, Hamlet};
use footlights::onnx::{self, ModelFile};
use footlights::prelude::*;

static EP50: ModelFile = footlights::model!("models/hamlet_ep50.onnx");
static EP455: ModelFile = footlights::model!("models/hamlet_ep455.onnx");
static EP1000: ModelFile = footlights::model!("models/hamlet_ep1000.onnx");
static REWARD_HACKING: ModelFile = footlights::model!("models/hamlet_reward_hacking.onnx");
static TRAINED_AGENT: ModelFile = footlights::model!("models/hamlet_trained_agent.onnx");

/// An agent at some point of its training, made as `models/README.md` says.
fn checkpoint(
    name: &'static str,
    file: &'static ModelFile,
    step: u64,
    score: f64,
    about: &str,
) -> Checkpoint {
    let config = Config::default();
    let spec = Hamlet::spec(&config);
    Checkpoint::new::<Hamlet>(name, config, move || {
        file.policy(onnx::Config::new(name).q_values("q_values"), &spec)
    })
    .trained(step)
    .scored(score)
    .about(about)
}

/// The agents, from the first one to the last, which plays when a page is opened.
pub fn checkpoints(app: App) -> App {
    app.checkpoint(|| {
        Checkpoint::random::<Hamlet>("untrained", Config::default()).about("It acts at random.")
    })
    .checkpoint(|| {
        let about = "It does nothing about its mood, and lives 76 steps.";
        checkpoint("checkpoint_ep50", &EP50, 240_000, -32.8, about)
    })
    .checkpoint(|| {
        let about = "It presses interact again and again, because a place pays at once, and dies of it.";
        checkpoint("reward_hacking", &REWARD_HACKING, 200_000, -110.8, about)
    })
    .checkpoint(|| {
        let about = "It eats, sleeps and meets others, and forgets to wash: 152 steps.";
        checkpoint("checkpoint_ep455", &EP455, 400_000, -35.2, about)
    })
    .checkpoint(|| {
        let about = "It works for its money, and lives 437 steps.";
        checkpoint("checkpoint_ep1000", &EP1000, 1_808_000, 376.4, about)
    })
    .checkpoint(|| {
        let about = "It lives for all of the 500 steps.";
        checkpoint("trained_agent", &TRAINED_AGENT, 3_000_000, 870.5, about)
    })
}

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
