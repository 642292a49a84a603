//! The one trait a researcher implements, in Gymnasium's and PettingZoo's terms.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use smallvec::SmallVec;

use crate::{
    rng::Rng,
    space::{ActionValue, Space},
    surface::Surface,
};

/// An agent, by its index; its id is `player_{index}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Agent(pub u8);

impl Agent {
    /// The index as a position in per-agent lists.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The agent whose id is `player_{n}`.
    pub fn parse(id: &str) -> Option<Self> {
        id.strip_prefix("player_")?.parse().ok().map(Self)
    }
}

impl std::fmt::Display for Agent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "player_{}", self.0)
    }
}

/// One value per agent, in the agents' order; on the stack for up to four.
pub type PerAgent<T> = SmallVec<[T; 4]>;

/// The visible part of the world, in world units, origin at the top left, y down.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Viewport {
    /// Width in world units.
    pub width: f32,
    /// Height in world units.
    pub height: f32,
}

/// What an environment declares about itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// `name-vN`, as in Gymnasium.
    pub id: String,
    /// How many agents act in every step.
    pub agents: u8,
    /// The space of every agent's action.
    pub action_space: Space,
    /// The space of every agent's flat observation.
    pub observation_space: Space,
    /// The episode is truncated after this many steps at the latest.
    pub max_steps: u32,
    /// Lowest and highest reward of one step.
    pub reward_range: (f32, f32),
    /// What `draw` draws into.
    pub viewport: Viewport,
}

impl Spec {
    /// All agents, in order.
    pub fn agents(&self) -> impl Iterator<Item = Agent> + use<> {
        (0..self.agents).map(Agent)
    }
}

/// A number that a step reports about one agent, beside its reward.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Info {
    /// Whom it is about.
    pub agent: Agent,
    /// Its name, one of [`Legend::infos`]; a column `infos.{agent}.{key}` in the data.
    pub key: &'static str,
    /// Its value.
    pub value: f64,
}

/// A number that an environment reports, for people who read the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Short, without spaces. For an [`Info`] its key.
    pub name: &'static str,
    /// In a sentence.
    pub meaning: &'static str,
    /// Such as `court units`; empty where there is none.
    pub unit: &'static str,
}

/// What an environment's numbers mean; the codebook of every export says it to analysts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Legend {
    /// The places of an observation, in order; all of them or none.
    pub observations: Vec<Field>,
    /// The actions of a [`Space::Discrete`], in order; all of them or none.
    pub actions: Vec<&'static str>,
    /// Every [`Info`] that a step may report. Each is a column of the data; one that is not listed here is in none.
    pub infos: Vec<Field>,
}

/// What one step returns. Lists have one entry an agent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Step {
    /// Rewards of this step.
    pub rewards: PerAgent<f32>,
    /// The episode reached its end for that agent.
    pub terminated: PerAgent<bool>,
    /// The episode was cut for that agent by a limit outside the task.
    pub truncated: PerAgent<bool>,
    /// Diagnostics; usually empty.
    pub infos: Vec<Info>,
}

impl Step {
    /// Whether nobody has anything left to do.
    pub fn done(&self) -> bool {
        self.terminated.iter().zip(&self.truncated).all(|(a, b)| *a || *b)
    }
}

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
pub trait Environment: 'static {
    /// What a study may choose. `Default` is what `cargo xtask rollout` uses.
    type Config: Clone + Default + Serialize + DeserializeOwned + 'static;
    /// Everything that changes. Its serialised form is the snapshot.
    type State: Clone + Serialize + DeserializeOwned + 'static;
    /// One agent's action.
    type Action: TryFrom<ActionValue> + Into<ActionValue> + Copy + 'static;
    /// One agent's flat observation.
    type Observation: AsRef<[f32]>;

    /// `name-vN`. A change of behaviour takes a new N.
    const ID: &'static str;

    /// The declaration; may depend on the configuration.
    fn spec(config: &Self::Config) -> Spec;

    /// Refuses a configuration, naming the option.
    fn check(_config: &Self::Config) -> Result<(), String> {
        Ok(())
    }

    /// The state at tick 0.
    fn reset(config: &Self::Config, rng: &mut Rng) -> Self::State;

    /// One tick. `actions` has one entry an agent, in order.
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
    fn legend(_config: &Self::Config) -> Legend {
        Legend::default()
    }

    /// Text for the panel around the picture; round, score and time left are there already.
    fn hud(_config: &Self::Config, _state: &Self::State, _view: View) -> Vec<HudItem> {
        Vec::new()
    }
}
