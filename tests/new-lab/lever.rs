//! What a lab may bring along: an environment for one, an experiment with it, and hooks. Nothing of it is known to
//! Footlights.

use footlights::{experiment::record::StepRecord, prelude::*};

/// A lever that pays on one side. The side changes, at random, after a right pull.
pub struct Lever;

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {}

#[derive(Clone, Serialize, Deserialize)]
pub struct State {
    pays_left: bool,
    pulls: u32,
    paid: bool,
}

#[derive(Clone, Copy, PartialEq, Discrete)]
pub enum Pull {
    Nothing,
    Left,
    Right,
}

impl Environment for Lever {
    type Config = Config;
    type State = State;
    type Action = Pull;
    type Observation = [f32; 1];

    const ID: &'static str = "lever-v0";

    fn spec(_: &Config) -> Spec {
        Spec {
            id: Self::ID.into(),
            agents: vec![AgentSpec::new(Pull::space(), Space::uniform_box(1, 0.0, 200.0)).noop(Pull::Nothing)],
            max_steps: 60,
            reward_range: (0.0, 1.0),
            viewport: Viewport { width: 2.0, height: 1.0 },
        }
    }

    fn reset(_: &Config, rng: &mut Rng) -> State {
        State { pays_left: rng.below(2) == 0, pulls: rng.below(20), paid: false }
    }

    fn step(_: &Config, state: &mut State, actions: &[Pull], rng: &mut Rng) -> Step {
        let pull = actions.first().copied().unwrap_or(Pull::Nothing);
        let right = pull == if state.pays_left { Pull::Left } else { Pull::Right };
        state.pulls += u32::from(pull != Pull::Nothing);
        state.paid = right;
        if right {
            state.pays_left = rng.below(2) == 0;
        }
        Step::solo(f32::from(u8::from(right)), false)
    }

    fn observe(_: &Config, state: &State, _: Agent) -> [f32; 1] {
        [state.pulls as f32]
    }

    fn draw(_: &Config, state: &State, _: View, surface: &mut Surface) {
        surface.rect(0.0, 0.0, 1.0, 1.0).id(1).fill(Color::rgb(40, 90, 160));
        surface.rect(1.0, 0.0, 1.0, 1.0).id(2).fill(Color::rgb(180, 70, 40));
        // A coin lies on the side that paid last, and a bell rings.
        let x = if state.pays_left { 0.1 } else { 1.6 };
        surface.image(x, 0.1, 0.3, 0.3, "objects/coin", 0).id(4);
        if state.paid {
            surface.sound("bell").id(5);
        }
        surface.text(1.0, 0.5, 0.2, Align::Center, state.pulls.to_string()).id(3).fill(Color::WHITE);
    }
}

/// Counts the rewarded pulls, in a column of its own.
#[derive(Default)]
struct Payments(f64);

impl Hooks for Payments {
    fn columns(&self) -> Vec<String> {
        vec!["payments".into()]
    }

    fn tick(&mut self, step: &StepRecord) -> Vec<f64> {
        self.0 += f64::from(step.rewards.iter().sum::<f32>());
        vec![self.0]
    }
}

/// The coin of the sheet, as a packer names it.
const ATLAS: &str = r#"{ "frames": { "coin.png": { "frame": { "x": 0, "y": 0, "w": 64, "h": 64 } } } }"#;

pub fn experiment() -> Experiment {
    let game = GameScene::new::<Lever>("game", Config::default())
        .fps(10.0)
        .execution(Execution::Browser)
        .image("objects", Image::atlas("sprites.svg", ATLAS))
        .sound("bell", "bell.wav")
        .seat(Seat::Human)
        .action(&["ArrowLeft"], Pull::Left, "left")
        .action(&["ArrowRight"], Pull::Right, "right")
        .hooks(|| Box::new(Payments::default()));
    Experiment::new("lever", "Two levers")
        .scene(Scene::start(Page::new("start", "Two levers").text("Find the side that pays.")))
        .scene(game)
        .scene(Page::new("survey", "One question").ask(Question::scale("luck", "How lucky were you?", 5)))
        .scene(Scene::end(Page::new("end", "Thank you").text("You scored {game.score} points.")))
}
