//! Models as PyTorch, Stable-Baselines3, RLlib, CleanRL, JAX and TensorFlow write them, each in a seat of its own beside one
//! participant. `models/make.py` wrote them, and what each does in every tick. Not on the front page.

use footlights::onnx::{Config, ModelFile};
use footlights::prelude::*;

/// Ticks for which `models/actions.json` has the actions.
pub const TICKS: u32 = 40;

/// A model, with the agent's spaces and how it is used.
pub struct Fixture {
    /// The name of its file, without the ending.
    pub name: &'static str,
    observation: usize,
    /// Its inputs take whole numbers only.
    whole: bool,
    space: Space,
    file: &'static ModelFile,
    config: fn(Config) -> Config,
}

impl Fixture {
    /// The policy of a seat.
    ///
    /// # Errors
    /// The model does not fit.
    pub fn policy(&self, agent: Agent) -> Result<Box<dyn Policy>, PolicyError> {
        self.file.policy_for((self.config)(Config::new(self.name)), &Models::spec(&()), agent)
    }
}

macro_rules! fixture {
    ($name:literal, $observation:expr, $whole:literal, $space:expr, $config:expr) => {{
        static FILE: ModelFile = footlights::model!(concat!("models/", $name, ".onnx"));
        Fixture {
            name: $name,
            observation: $observation,
            whole: $whole,
            space: $space,
            file: &FILE,
            config: $config,
        }
    }};
}

fn five() -> Space {
    Space::Discrete { n: 5 }
}

fn bounds(low: &[f32], high: &[f32]) -> Space {
    Space::Box { low: low.to_vec(), high: high.to_vec() }
}

/// The models, in the order of their agents from 1 on.
#[must_use]
pub fn fixtures() -> Vec<Fixture> {
    let same = |config| config;
    vec![
        fixture!("torch_opset_9", 6, false, five(), same),
        fixture!("torch_opset_13", 6, false, five(), same),
        fixture!("torch_opset_17", 6, false, five(), same),
        fixture!("torch_dynamo", 6, false, five(), same),
        fixture!("torch_packed", 6, false, five(), same),
        fixture!("torch_open_batch", 6, false, five(), same),
        fixture!("torch_lstm", 6, false, five(), |config: Config| {
            config.recurrent("h_in", "h_out").recurrent("c_in", "c_out")
        }),
        fixture!("torch_gru_dynamo", 6, false, five(), |config: Config| config.recurrent("h", "h_next")),
        fixture!("torch_channels_first", 60, false, five(), |config: Config| {
            config.observation("image").transposed(&[5, 4, 3], &[2, 0, 1])
        }),
        fixture!("torch_parts_and_heads", 9, false, Space::Discrete { n: 6 }, |config: Config| {
            config.part("position", 0..3).part("velocity", 3..9).heads(&["move", "fire"])
        }),
        fixture!("torch_gaussian", 6, false, bounds(&[-2.0, 0.0], &[2.0, 1.0]), |config: Config| {
            config.gaussian("mu", "log_std")
        }),
        fixture!("torch_mask_input", 6, false, five(), |config: Config| config.mask("action_mask").masked()),
        fixture!("torch_masked_outside", 6, false, five(), Config::masked),
        fixture!("torch_argmax", 6, false, five(), |config: Config| config.action("action")),
        fixture!("torch_slice_9", 9, false, five(), same),
        fixture!("torch_slice_13", 9, false, five(), same),
        fixture!("cleanrl_ppo", 6, false, five(), same),
        fixture!("sb3_ppo", 6, false, five(), |config: Config| config.observation("input").action("action")),
        fixture!("sb3_sac", 6, false, bounds(&[-2.0], &[2.0]), |config: Config| config
            .action("action")
            .scaled()),
        fixture!("sb3_dqn", 6, false, five(), |config: Config| config.logits("q_values")),
        fixture!("sb3_dictionary", 9, false, five(), |config: Config| {
            config.part("near", 0..4).part("far", 4..9).action("action")
        }),
        fixture!("rllib_ppo", 6, false, five(), |config: Config| config.logits("action_dist_inputs")),
        fixture!("rllib_gaussian", 6, false, bounds(&[-1.0; 2], &[1.0; 2]), |config: Config| {
            config.gaussian_in_one("action_dist_inputs")
        }),
        fixture!("jax_mlp", 6, false, five(), same),
        fixture!("tensorflow_keras", 6, false, five(), same),
        fixture!("tensorflow_image_of_bytes", 32, true, five(), same),
    ]
}

/// What the models play: observations that depend on nothing but the agent and the tick.
pub struct Models;

/// The actions of any agent.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    /// One out of a list.
    Discrete(i32),
    /// As many of the numbers as it says.
    Continuous([f32; 2], usize),
}

impl TryFrom<ActionValue> for Act {
    type Error = ();

    fn try_from(value: ActionValue) -> Result<Self, ()> {
        match value {
            ActionValue::Discrete(action) => Ok(Self::Discrete(action)),
            ActionValue::Continuous(numbers) => {
                let mut kept = [0.0; 2];
                kept.get_mut(..numbers.len()).ok_or(())?.copy_from_slice(&numbers);
                Ok(Self::Continuous(kept, numbers.len()))
            }
        }
    }
}

impl From<Act> for ActionValue {
    fn from(act: Act) -> Self {
        match act {
            Act::Discrete(action) => Self::Discrete(action),
            Act::Continuous(numbers, count) => Self::Continuous(numbers.into_iter().take(count).collect()),
        }
    }
}

impl Environment for Models {
    type Config = ();
    type State = u32;
    type Action = Act;
    type Observation = Vec<f32>;

    const ID: &'static str = "models-v0";

    fn spec(_: &()) -> Spec {
        let person = AgentSpec::new(Space::Discrete { n: 2 }, Space::uniform_box(1, -1.0, 1.0));
        let models = fixtures().into_iter().map(|fixture| {
            let (low, high) = if fixture.whole { (0.0, 40.0) } else { (-1.0, 1.0) };
            let noop = match &fixture.space {
                Space::Discrete { .. } => ActionValue::Discrete(0),
                Space::Box { low, .. } => ActionValue::Continuous(low.clone()),
            };
            AgentSpec::new(fixture.space, Space::uniform_box(fixture.observation, low, high)).noop(noop)
        });
        Spec {
            id: Self::ID.into(),
            agents: std::iter::once(person.noop(ActionValue::Discrete(0))).chain(models).collect(),
            max_steps: TICKS,
            reward_range: (0.0, 0.0),
            viewport: Viewport { width: 4.0, height: 1.0 },
        }
    }

    fn reset(_: &(), _: &mut Rng) -> u32 {
        0
    }

    fn step(_: &(), tick: &mut u32, actions: &[Act], _: &mut Rng) -> Step {
        *tick += 1;
        Step::all(actions.iter().map(|_| 0.0), false)
    }

    fn observe(_: &(), tick: &u32, agent: Agent) -> Vec<f32> {
        let Some(fixture) = agent.index().checked_sub(1).and_then(|k| fixtures().into_iter().nth(k)) else {
            return vec![0.0];
        };
        let (tick, agent) = (u64::from(*tick), u64::from(agent.0));
        let number = |k: u64| ((7 * k * k + 13 * tick + 29 * agent + k * tick) % 41) as f32;
        let scaled = |k| if fixture.whole { number(k) } else { number(k) / 20.0 - 1.0 };
        (0..fixture.observation as u64).map(scaled).collect()
    }

    fn is_valid(_: &(), tick: &u32, agent: Agent, action: Act) -> bool {
        let name = agent
            .index()
            .checked_sub(1)
            .and_then(|k| fixtures().into_iter().nth(k))
            .map(|fixture| fixture.name);
        match (action, name) {
            (Act::Discrete(action), Some("torch_mask_input" | "torch_masked_outside")) => {
                (i64::from(action) + i64::from(*tick) + i64::from(agent.0)) % 3 != 0
            }
            _ => true,
        }
    }

    fn draw(_: &(), tick: &u32, _: View, surface: &mut Surface) {
        surface.circle(*tick as f32 / 10.0, 0.5, 0.2).id(1);
    }
}

/// The game on the server.
pub fn on_the_server() -> Experiment {
    experiment("models_check", Execution::Server)
}

/// The game in the participant's browser, which runs the models as well.
pub fn in_the_browser() -> Experiment {
    experiment("models_check_browser", Execution::Browser)
}

fn experiment(id: &str, execution: Execution) -> Experiment {
    let game = GameScene::new::<Models>("game", ())
        .execution(execution)
        .fps(10.0)
        .countdown_ms(0)
        .seat(Seat::Human)
        .action_for(0, &["Space"], Act::Discrete(1), "go");
    let game = (1..).map(Agent).zip(fixtures()).fold(game, |game, (agent, fixture)| {
        let name = fixture.name;
        game.seat(Seat::policy(name, move || fixture.policy(agent)))
    });
    Experiment::new(id, "Models")
        .unlisted()
        .scene(Scene::start(Page::new("start", "Models").text("Others play.")))
        .scene(game)
        .scene(Scene::end(Page::new("end", "Thank you")))
}
