//! The one trait a researcher implements, in Gymnasium's and PettingZoo's terms.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    agent::Agent, image::BundledImage, label::Labels, overview::Overview, record::RecordValue, rng::Rng,
    space::ActionValue, spec::Spec, step::Step, surface::Surface,
};

/// Whose eyes a picture is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// What this agent may see.
    Agent(Agent),
    /// What an onlooker may see: everything.
    Spectator,
}

/// One line of text for the panel around the picture, such as ("Lives", "3").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HudItem {
    /// What it is.
    pub label: String,
    /// How it stands.
    pub value: String,
}

/// A simulation in which agents act at the same time, once a step (PettingZoo's parallel form).
///
/// Every function is pure: the same arguments give the same bits on every target. Use [`crate::math`] for anything
/// beyond `+ - * / sqrt`, draw randomness only from the `rng` argument, and keep fixed-width numbers in the state.
/// [`Sim`](crate::Sim) runs it and cuts episodes at [`Spec::max_steps`].
///
/// ```
/// use footlights_env::prelude::*;
///
/// /// Walk to the door.
/// struct Corridor;
///
/// #[derive(Clone, Default, Serialize, Deserialize)]
/// #[serde(default)]
/// struct Config {
///     goal_reward: f32,
/// }
///
/// #[derive(Clone, Serialize, Deserialize)]
/// struct State {
///     x: i32,
/// }
///
/// #[derive(Debug, Clone, Copy, PartialEq, Discrete)]
/// enum Walk {
///     Left,
///     Stay,
///     Right,
/// }
///
/// impl Environment for Corridor {
///     type Config = Config;
///     type State = State;
///     type Action = Walk;
///     type Observation = [f32; 1];
///
///     const ID: &'static str = "corridor-v0";
///
///     fn spec(_: &Config) -> Spec {
///         let agent = AgentSpec::new(Walk::space(), Space::uniform_box(1, -10.0, 10.0)).noop(Walk::Stay);
///         Spec {
///             id: Self::ID.into(),
///             agents: vec![agent],
///             max_steps: 100,
///             reward_range: (0.0, 10.0),
///             viewport: Viewport { width: 20.0, height: 2.0 },
///         }
///     }
///
///     fn validate(config: &Config) -> Result<(), String> {
///         if (0.0..=10.0).contains(&config.goal_reward) { Ok(()) } else { Err("goal_reward must be 0 to 10".into()) }
///     }
///
///     fn reset(_: &Config, rng: &mut Rng) -> State {
///         State { x: rng.below(10) as i32 - 5 }
///     }
///
///     fn step(config: &Config, state: &mut State, actions: &[Walk], _: &mut Rng) -> Step {
///         let by = actions.first().map_or(0, |walk| walk.index() as i32 - 1);
///         state.x = (state.x + by).clamp(-10, 10);
///         let arrived = state.x == 10;
///         Step::solo(if arrived { config.goal_reward } else { 0.0 }, arrived)
///     }
///
///     fn observe(_: &Config, state: &State, _: Agent) -> [f32; 1] {
///         [state.x as f32]
///     }
///
///     fn draw(_: &Config, state: &State, _: View, surface: &mut Surface) {
///         surface.circle(state.x as f32 + 10.0, 1.0, 0.5).id(1).tween();
///     }
///
///     fn labels(_: &Config) -> Labels {
///         Labels::homogeneous(1, Walk::labels().observing([Label::new("x", "The place, the door is at 10", "m")]))
///     }
/// }
///
/// let mut sim = Sim::<Corridor>::new(Config { goal_reward: 1.0 })?;
/// sim.reset(7, 0);
/// let step = sim.step(&[Walk::Right.into()])?;
/// assert!(!step.done() && sim.tick() == 1);
/// # Ok::<(), EnvError>(())
/// ```
pub trait Environment: 'static {
    /// What an experiment may choose. `Default` is what `rollout` uses.
    type Config: Clone + Default + Serialize + DeserializeOwned + Send + 'static;
    /// Everything that changes. Its serialised form is the snapshot.
    type State: Clone + Serialize + DeserializeOwned + Send + 'static;
    /// One agent's action; `#[derive(`[`Discrete`](crate::Discrete)`)]` for one out of a list.
    type Action: TryFrom<ActionValue> + Into<ActionValue> + Copy + 'static;
    /// One agent's flat observation.
    type Observation: AsRef<[f32]>;

    /// `name-vN`. A change of behaviour takes a new N.
    const ID: &'static str;
    /// The images that it brings with it. A game shows them without declaring them; one that it declares by the same name
    /// takes the place.
    const IMAGES: &'static [BundledImage] = &[];

    /// The declaration; may depend on the configuration.
    fn spec(config: &Self::Config) -> Spec;

    /// Refuses a configuration, naming the option.
    ///
    /// # Errors
    ///
    /// What is wrong, for the researcher; the experiment does not start.
    fn validate(_config: &Self::Config) -> Result<(), String> {
        Ok(())
    }

    /// The state at tick 0.
    fn reset(config: &Self::Config, rng: &mut Rng) -> Self::State;

    /// One tick. `actions` has one entry an agent, in order. The step limit is not the environment's to watch.
    fn step(config: &Self::Config, state: &mut Self::State, actions: &[Self::Action], rng: &mut Rng) -> Step;

    /// What `agent` knows of `state`.
    fn observe(config: &Self::Config, state: &Self::State, agent: Agent) -> Self::Observation;

    /// Whether the rules let `agent` do that now. A refused action is replaced and logged.
    fn is_valid(_config: &Self::Config, _state: &Self::State, _agent: Agent, _action: Self::Action) -> bool {
        true
    }

    /// Draws what `view` may see. Must not depend on anything but its arguments.
    fn draw(config: &Self::Config, state: &Self::State, view: View, surface: &mut Surface);

    /// What the numbers mean, for analysts.
    fn labels(_config: &Self::Config) -> Labels {
        Labels::default()
    }

    /// What is recorded of `state` beside what agents observe: one value for each of [`Labels::state`], in order. No
    /// participant is sent it.
    fn record(_config: &Self::Config, _state: &Self::State) -> Vec<RecordValue> {
        Vec::new()
    }

    /// The state for other programs, as `rollout` prints it: what is recorded by name, or the form in which the tools of
    /// this task's community read it.
    fn describe(config: &Self::Config, state: &Self::State) -> Value {
        let columns = Self::labels(config).state.into_iter().zip(Self::record(config, state));
        columns.map(|(column, value)| (column.label.name.into_owned(), Value::from(value))).collect()
    }

    /// What a page that watches shows beside the picture: where agents are, how they are, and why an episode ended. Without
    /// it, such a page shows the picture, rewards and actions.
    fn overview(_config: &Self::Config, _state: &Self::State) -> Overview {
        Overview::default()
    }

    /// Text for the panel around the picture; round, score and time left are there already.
    fn hud(_config: &Self::Config, _state: &Self::State, _view: View) -> Vec<HudItem> {
        Vec::new()
    }
}
