//! The builder of a game scene.

use env_sdk::{
    ActionValue, Agent, EnvError, Environment, Policy, PolicyError, RandomPolicy, Sim, Simulation,
};
use serde::Serialize;
use serde_json::Value;

use crate::keys::{InputMode, Keyboard, MissingAction};

/// Makes a policy when a room opens. A model is loaded once an isolate; this must be cheap after the first time.
pub type PolicyFactory = fn() -> Result<Box<dyn Policy>, PolicyError>;

/// Who holds an agent's seat.
#[derive(Clone, Serialize)]
#[serde(tag = "holder", rename_all = "snake_case")]
pub enum Seat {
    /// A participant.
    Human,
    /// A trained or scripted policy.
    Policy {
        /// Its name in the data.
        name: String,
        /// How to make it.
        #[serde(skip)]
        make: PolicyFactory,
    },
    /// Uniformly random actions.
    Random,
}

impl Seat {
    /// A seat for a trained or scripted policy.
    pub fn policy(name: &str, make: PolicyFactory) -> Self {
        Self::Policy { name: name.into(), make }
    }

    /// The holder's name in the data.
    pub fn name(&self) -> &str {
        match self {
            Self::Human => "human",
            Self::Policy { name, .. } => name,
            Self::Random => "random",
        }
    }

    /// Whether a person sits here.
    pub fn is_human(&self) -> bool {
        matches!(self, Self::Human)
    }
}

/// Which environment, with which configuration.
#[derive(Clone, Serialize)]
pub struct EnvironmentRef {
    /// The environment's id.
    pub id: &'static str,
    /// Its configuration.
    pub config: Value,
    #[serde(skip)]
    make: fn(&Value) -> Result<Box<dyn Simulation>, EnvError>,
}

impl EnvironmentRef {
    fn of<E: Environment>(config: &E::Config) -> Self {
        Self {
            id: E::ID,
            config: serde_json::to_value(config).unwrap_or(Value::Null),
            make: |config| Ok(Box::new(Sim::<E>::from_json(config)?)),
        }
    }

    /// A simulation at its reset.
    pub fn make(&self) -> Result<Box<dyn Simulation>, EnvError> {
        (self.make)(&self.config)
    }

    /// What this build's simulation does with its default configuration; a browser of the same build has the same.
    pub fn fingerprint(&self) -> Result<u64, EnvError> {
        env_sdk::conformance::fingerprint((self.make)(&Value::Null)?.as_mut())
    }
}

/// A game, its players and its rules of play. Times are in milliseconds.
#[derive(Clone, Serialize)]
#[allow(missing_docs, reason = "each field has a builder method that says what it means")]
pub struct GameScene {
    pub id: String,
    pub title: String,
    pub environment: EnvironmentRef,
    pub seats: Vec<Seat>,
    pub fps: f32,
    pub input_mode: InputMode,
    pub keyboards: Vec<Keyboard>,
    pub default_action: ActionValue,
    pub missing_action: MissingAction,
    pub episodes: u32,
    pub max_steps: Option<u32>,
    pub carry_score: bool,
    pub countdown_ms: u64,
    pub gather_ms: u64,
    pub grace_ms: u64,
    pub lobby_limit_ms: u64,
    pub lobby_timeout: String,
}

impl GameScene {
    /// A game of `E`: 30 ticks a second, one episode, a countdown of 3 s, 30 s of grace for a lost connection.
    pub fn new<E: Environment>(id: &str, config: E::Config) -> Self {
        let agents = usize::from(E::spec(&config).agents);
        Self {
            id: id.into(),
            title: String::new(),
            environment: EnvironmentRef::of::<E>(&config),
            seats: Vec::new(),
            fps: 30.0,
            input_mode: InputMode::PressedKeys,
            keyboards: vec![Keyboard::default(); agents],
            default_action: ActionValue::Discrete(0),
            missing_action: MissingAction::Default,
            episodes: 1,
            max_steps: None,
            carry_score: true,
            countdown_ms: 3_000,
            gather_ms: 30_000,
            grace_ms: 30_000,
            lobby_limit_ms: 300_000,
            lobby_timeout: "Nobody else came in time. Thank you for waiting.".into(),
        }
    }

    /// The heading.
    pub fn title(mut self, words: &str) -> Self {
        self.title = words.into();
        self
    }

    /// Who holds the next agent's seat: the first call is for `player_0`.
    pub fn seat(mut self, seat: Seat) -> Self {
        self.seats.push(seat);
        self
    }

    /// Ticks a second, 10 to 60.
    pub fn fps(mut self, fps: f32) -> Self {
        self.fps = fps;
        self
    }

    /// When a key counts.
    pub fn input_mode(mut self, mode: InputMode) -> Self {
        self.input_mode = mode;
        self
    }

    /// What a key, or several keys held together, do, for every seat. Keys are `KeyboardEvent.code`s; a label puts a
    /// single key on the legend and on a touch button.
    pub fn action(mut self, keys: &[&str], action: impl Into<ActionValue>, label: &str) -> Self {
        let action = action.into();
        for keyboard in &mut self.keyboards {
            keyboard.add(keys, action.clone(), label);
        }
        self
    }

    /// The same for one agent's seat only.
    pub fn action_for(
        mut self,
        agent: u8,
        keys: &[&str],
        action: impl Into<ActionValue>,
        label: &str,
    ) -> Self {
        if let Some(keyboard) = self.keyboards.get_mut(usize::from(agent)) {
            keyboard.add(keys, action.into(), label);
        }
        self
    }

    /// What a seat does while no key is held, and what replaces a refused action.
    pub fn default_action(mut self, action: impl Into<ActionValue>) -> Self {
        self.default_action = action.into();
        self
    }

    /// In `KeyDown` and `KeyUp` mode, what a seat does in a tick without a press.
    pub fn missing_action(mut self, missing: MissingAction) -> Self {
        self.missing_action = missing;
        self
    }

    /// How many episodes are played.
    pub fn episodes(mut self, episodes: u32) -> Self {
        self.episodes = episodes;
        self
    }

    /// Cuts every episode after so many steps, if the environment does not end it before.
    pub fn max_steps(mut self, steps: u32) -> Self {
        self.max_steps = Some(steps);
        self
    }

    /// Whether the score goes on from episode to episode (it does by default).
    pub fn carry_score(mut self, carry: bool) -> Self {
        self.carry_score = carry;
        self
    }

    /// How long an episode stands still, with a countdown, before its first tick.
    pub fn countdown_ms(mut self, ms: u64) -> Self {
        self.countdown_ms = ms;
        self
    }

    /// How long matched people may take to connect.
    pub fn gather_ms(mut self, ms: u64) -> Self {
        self.gather_ms = ms;
        self
    }

    /// How long the game waits for somebody whose connection is lost.
    pub fn grace_ms(mut self, ms: u64) -> Self {
        self.grace_ms = ms;
        self
    }

    /// How long somebody waits in the lobby at most.
    pub fn lobby_limit_ms(mut self, ms: u64) -> Self {
        self.lobby_limit_ms = ms;
        self
    }

    /// What somebody reads for whom nobody came.
    pub fn lobby_timeout(mut self, words: &str) -> Self {
        self.lobby_timeout = words.into();
        self
    }

    /// How many people it takes.
    pub fn humans(&self) -> usize {
        self.seats.iter().filter(|seat| seat.is_human()).count()
    }

    /// The agents that people play, in order.
    pub fn human_agents(&self) -> impl Iterator<Item = Agent> + '_ {
        (0u8..).map(Agent).zip(&self.seats).filter(|(_, seat)| seat.is_human()).map(|(agent, _)| agent)
    }

    /// A policy for the seat of `agent`; `None` where a person sits.
    pub(crate) fn policy(
        &self,
        agent: Agent,
        sim: &dyn Simulation,
    ) -> Result<Option<Box<dyn Policy>>, PolicyError> {
        Ok(match self.seats.get(agent.index()) {
            Some(Seat::Policy { make, .. }) => Some(make()?),
            Some(Seat::Random) => Some(Box::new(RandomPolicy(sim.spec().action_space.clone()))),
            Some(Seat::Human) | None => None,
        })
    }

    /// The option that is wrong, and why.
    pub(crate) fn check(&self) -> Result<(), (&'static str, String)> {
        let sim = self.environment.make().map_err(|e| ("environment", e.to_string()))?;
        let spec = sim.spec();
        if !(10.0..=60.0).contains(&self.fps) {
            return Err(("fps", format!("{} must be 10 to 60", self.fps)));
        }
        if self.seats.len() != usize::from(spec.agents) {
            let why = format!("{} seats for {} agents of {}", self.seats.len(), spec.agents, spec.id);
            return Err(("seats", why));
        }
        if self.humans() == 0 {
            return Err(("seats", "at least one seat must be for a person".into()));
        }
        for agent in spec.agents() {
            self.policy(agent, sim.as_ref()).map_err(|e| ("seats", e.to_string()))?;
        }
        if !spec.action_space.contains(&self.default_action) {
            let why = format!("{} is not in the action space {:?}", self.default_action, spec.action_space);
            return Err(("default_action", why));
        }
        for keyboard in &self.keyboards {
            if keyboard.keys.len() > Keyboard::MAX_KEYS {
                let why = format!("{} keys, at most {}", keyboard.keys.len(), Keyboard::MAX_KEYS);
                return Err(("action", why));
            }
            for chord in &keyboard.chords {
                if chord.keys == 0 {
                    return Err(("action", format!("no key for action {}", chord.action)));
                }
                if !spec.action_space.contains(&chord.action) {
                    let why = format!("{} is not in the action space {:?}", chord.action, spec.action_space);
                    return Err(("action", why));
                }
            }
        }
        let positive: [(&'static str, u64); 5] = [
            ("episodes", u64::from(self.episodes)),
            ("max_steps", u64::from(self.max_steps.unwrap_or(1))),
            ("gather_ms", self.gather_ms),
            ("grace_ms", self.grace_ms),
            ("lobby_limit_ms", self.lobby_limit_ms),
        ];
        match positive.into_iter().find(|(_, value)| *value == 0) {
            Some((option, _)) => Err((option, "must be at least 1".into())),
            None => Ok(()),
        }
    }
}
