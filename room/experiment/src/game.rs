//! The builder of a game scene.

use footlights_env::{
    ActionValue, Agent, EnvError, Environment, Make, Policy, PolicyError, RandomPolicy, Sim, Simulation,
};
use serde::Serialize;
use serde_json::Value;

use crate::hooks::HooksFactory;
use crate::{Ending, Transition, Waitroom, id::is_id};
use footlights_protocol::{
    InputDelay, Outcome,
    keys::{InputMode, Keyboard, MissingAction},
    timeline::Rules,
};

/// The longest input delay, in ticks.
const MAX_INPUT_DELAY: u32 = 60;
/// The longest prediction window, in ticks.
const MAX_PREDICTION_WINDOW: u32 = 600;

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
    make: Make<Value>,
    #[serde(skip)]
    unpack: Make<[u8]>,
}

impl EnvironmentRef {
    fn of<E: Environment>(config: &E::Config) -> Self {
        Self {
            id: E::ID,
            config: serde_json::to_value(config).unwrap_or(Value::Null),
            make: |config| Ok(Box::new(Sim::<E>::from_json(config)?)),
            unpack: |config| Ok(Box::new(Sim::<E>::from_packed(config)?)),
        }
    }

    /// A simulation at its reset.
    pub fn make(&self) -> Result<Box<dyn Simulation>, EnvError> {
        (self.make)(&self.config)
    }

    /// Whether a browser gets the configuration as it is here.
    fn check_packing(&self) -> Result<(), String> {
        let packed = self.make().and_then(|sim| sim.packed_config());
        let found = packed.and_then(|packed| (self.unpack)(&packed)).map(|sim| sim.config());
        match found {
            Ok(config) if config == self.config => Ok(()),
            // Fields go by their places there.
            _ => Err(format!(
                "the configuration of {} must write all of its fields for a browser to read it; none may be skipped",
                self.id
            )),
        }
    }

    /// What this build's simulation does with its default configuration; a browser of the same build has the same.
    pub fn fingerprint(&self) -> Result<u64, EnvError> {
        footlights_env::conformance::fingerprint((self.make)(&Value::Null)?.as_mut())
    }
}

/// The policy of a seat; `None` where a person sits.
pub fn make_policy(seat: &Seat, sim: &dyn Simulation) -> Result<Option<Box<dyn Policy>>, PolicyError> {
    Ok(match seat {
        Seat::Policy { make, .. } => Some(make()?),
        Seat::Random => Some(Box::new(RandomPolicy(sim.spec().action_space.clone()))),
        Seat::Human => None,
    })
}

/// Where the environment is stepped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Execution {
    /// In the room. A seat is sent what it may see, and nothing else.
    #[default]
    Server,
    /// In the room and in every browser, which is ahead of the room and goes back when the room decides otherwise (GGPO's
    /// rollback). Own keys act at once at any distance. Every browser holds the whole state: nothing in it is secret.
    /// Where one person plays, there is nobody to wait for: their browser's clock is the game's, nothing is ever undone,
    /// and a connection may be lost for ten seconds before the game notices.
    Browser,
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
    pub execution: Execution,
    pub input_delay: InputDelay,
    pub prediction_window: u32,
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
    pub on_dropout: DropoutRule,
    pub latency_rule: Option<PresenceRule>,
    pub attention_rule: Option<PresenceRule>,
    pub waitroom: Waitroom,
    /// Where an outcome leads, and with which ending.
    pub transitions: Vec<(Outcome, Transition, Ending)>,
    pub assets: Vec<String>,
    #[serde(skip)]
    pub hooks: Option<HooksFactory>,
}

/// What happens to a game when a person does not come back within the grace time.
#[derive(Clone, Serialize)]
#[serde(tag = "on_dropout", rename_all = "snake_case")]
pub enum DropoutRule {
    /// The game ends with [`Outcome::PartnerLeft`] for the others.
    End,
    /// The game ends with [`Outcome::Void`] for the others: as if it had not been.
    Void,
    /// A policy plays on in the seat.
    Replace(Seat),
}

/// What is watched in a person while the game runs, and what follows. Times and round trips are in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PresenceRule {
    /// From here on the person is warned. For the ping a median round trip, for the focus a time away.
    pub warn: f64,
    /// What the warning says.
    pub warning: String,
    /// From here on the person is excluded, if at all.
    pub exclude: Option<f64>,
    /// What the excluded person reads.
    pub exclusion: String,
}

impl PresenceRule {
    /// Warns from `warn` milliseconds on.
    pub fn new(warn: f64, warning: &str) -> Self {
        Self { warn, warning: warning.into(), exclude: None, exclusion: String::new() }
    }

    /// Excludes from `exclude` milliseconds on.
    pub fn exclude(mut self, exclude: f64, exclusion: &str) -> Self {
        self.exclude = Some(exclude);
        self.exclusion = exclusion.into();
        self
    }

    fn check(&self) -> Result<(), String> {
        let good = |ms: f64| ms.is_finite() && ms > 0.0;
        if !good(self.warn) || !self.exclude.is_none_or(good) {
            return Err("times must be more than 0".into());
        }
        match self.exclude {
            Some(exclude) if exclude <= self.warn => {
                Err("who is excluded must have been warned before".into())
            }
            _ => Ok(()),
        }
    }
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
            execution: Execution::Server,
            input_delay: InputDelay::Fixed(0),
            prediction_window: 30,
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
            on_dropout: DropoutRule::End,
            latency_rule: None,
            attention_rule: None,
            waitroom: Waitroom::new(),
            transitions: Vec::new(),
            assets: Vec::new(),
            hooks: None,
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

    /// Where the environment is stepped; in the room if nothing is said.
    pub fn execution(mut self, execution: Execution) -> Self {
        self.execution = execution;
        self
    }

    /// In [`Execution::Browser`], how many ticks later than it is pressed a key counts; 0 if nothing is said.
    pub fn input_delay(mut self, delay: InputDelay) -> Self {
        self.input_delay = delay;
        self
    }

    /// In [`Execution::Browser`], how many ticks a browser may be ahead of the last confirmed one before it waits; 30 if
    /// nothing is said. 0 is lockstep: nothing is predicted. It is fifteen seconds where one person plays alone.
    pub fn prediction_window(mut self, ticks: u32) -> Self {
        self.prediction_window = ticks;
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

    /// How long the game waits for somebody whose connection is lost; for one person three times that in all, where others
    /// wait with it.
    pub fn grace_ms(mut self, ms: u64) -> Self {
        self.grace_ms = ms;
        self
    }

    /// What happens when somebody does not come back within the grace time.
    pub fn on_dropout(mut self, on_dropout: DropoutRule) -> Self {
        self.on_dropout = on_dropout;
        self
    }

    /// Watches the median round trip of the last ten seconds.
    pub fn latency_rule(mut self, watch: PresenceRule) -> Self {
        self.latency_rule = Some(watch);
        self
    }

    /// Watches for how long the page is hidden or not focused without a break.
    pub fn attention_rule(mut self, watch: PresenceRule) -> Self {
        self.attention_rule = Some(watch);
        self
    }

    /// How people are waited for and matched.
    pub fn waitroom(mut self, waitroom: Waitroom) -> Self {
        self.waitroom = waitroom;
        self
    }

    /// Where an outcome leads, and how the participant's study counts as ended from then on. Without this, `completed`
    /// leads on, and every other outcome to the last page with the ending of the same name.
    pub fn on(mut self, outcome: Outcome, then: Transition, ending: Ending) -> Self {
        self.transitions.retain(|(known, ..)| *known != outcome);
        self.transitions.push((outcome, then, ending));
        self
    }

    /// A file in `examples/assets/` (an atlas, a sound) that is loaded while the pages before the game are read.
    pub fn asset(mut self, file: &str) -> Self {
        self.assets.push(file.into());
        self
    }

    /// Code of your own that is called while the game runs.
    pub fn hooks(mut self, hooks: HooksFactory) -> Self {
        self.hooks = Some(hooks);
        self
    }

    /// Where an outcome leads, and how the participant's study counts as ended from then on.
    pub fn transition_for(&self, outcome: Outcome) -> (Transition, Ending) {
        let own = self.transitions.iter().find(|(known, ..)| *known == outcome);
        match own {
            Some((_, then, ending)) => (then.clone(), *ending),
            None if outcome == Outcome::Completed => (Transition::Next, Ending::Completed),
            None => (Transition::End, outcome.into()),
        }
    }

    /// The globals that the game leaves, without the scene's id in front.
    pub fn globals(&self) -> impl Iterator<Item = String> {
        let hooks = self.hooks.map(|make| make().globals()).unwrap_or_default();
        ["outcome", "score", "game_id"].into_iter().map(str::to_owned).chain(hooks)
    }

    /// What the inputs of a game mean.
    pub fn rules(&self) -> Rules {
        Rules {
            input_mode: self.input_mode,
            missing_action: self.missing_action,
            default_action: self.default_action.clone(),
            keyboards: self.keyboards.clone(),
            episodes: self.episodes,
            max_steps: self.max_steps,
            carry_score: self.carry_score,
        }
    }

    /// How many people it takes.
    pub fn humans(&self) -> usize {
        self.seats.iter().filter(|seat| seat.is_human()).count()
    }

    /// The agents that people play, in order.
    pub fn human_agents(&self) -> impl Iterator<Item = Agent> + '_ {
        (0u8..).map(Agent).zip(&self.seats).filter(|(_, seat)| seat.is_human()).map(|(agent, _)| agent)
    }

    /// Whether browsers simulate it.
    pub fn runs_in_browser(&self) -> bool {
        self.execution == Execution::Browser
    }

    /// Whether one person plays, and in the browser: without anybody to wait for.
    pub fn is_alone(&self) -> bool {
        self.runs_in_browser() && self.humans() == 1
    }

    /// Whether the browser runs policies as well as the room.
    pub fn policies_in_browser(&self) -> bool {
        self.is_alone() && self.seats.len() > 1
    }

    /// The policy of a seat at the start of an episode; `None` where a person sits.
    pub fn make_policy(&self, agent: Agent) -> Result<Option<Box<dyn Policy>>, PolicyError> {
        let sim = self.environment.make();
        let sim = sim.map_err(|error| PolicyError::Load {
            name: self.environment.id.into(),
            why: error.to_string(),
        })?;
        self.policy_for(agent, sim.as_ref())
    }

    /// A policy for the seat of `agent`; `None` where a person sits.
    pub fn policy_for(
        &self,
        agent: Agent,
        sim: &dyn Simulation,
    ) -> Result<Option<Box<dyn Policy>>, PolicyError> {
        self.seats.get(agent.index()).map_or(Ok(None), |seat| make_policy(seat, sim))
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
            self.policy_for(agent, sim.as_ref()).map_err(|e| ("seats", e.to_string()))?;
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
        let positive: [(&'static str, u64); 4] = [
            ("episodes", u64::from(self.episodes)),
            ("max_steps", u64::from(self.max_steps.unwrap_or(1))),
            ("gather_ms", self.gather_ms),
            ("grace_ms", self.grace_ms),
        ];
        if let Some((option, _)) = positive.into_iter().find(|(_, value)| *value == 0) {
            return Err((option, "must be at least 1".into()));
        }
        if self.execution == Execution::Browser {
            self.environment.check_packing().map_err(|why| ("execution", why))?;
        }
        let (InputDelay::Fixed(delay) | InputDelay::Adaptive { most: delay }) = self.input_delay;
        if delay > MAX_INPUT_DELAY {
            return Err(("input_delay", format!("{delay} ticks, at most {MAX_INPUT_DELAY}")));
        }
        if self.prediction_window > MAX_PREDICTION_WINDOW {
            let why = format!("{} ticks, at most {MAX_PREDICTION_WINDOW}", self.prediction_window);
            return Err(("prediction_window", why));
        }
        if let DropoutRule::Replace(seat) = &self.on_dropout {
            if seat.is_human() {
                return Err(("on_dropout", "a person cannot be replaced by a person".into()));
            }
            make_policy(seat, sim.as_ref()).map_err(|e| ("on_dropout", e.to_string()))?;
        }
        for (option, watch) in
            [("latency_rule", &self.latency_rule), ("attention_rule", &self.attention_rule)]
        {
            watch.as_ref().map_or(Ok(()), PresenceRule::check).map_err(|why| (option, why))?;
        }
        if let Some(make) = self.hooks {
            let hooks = make();
            for mut names in [hooks.columns(), self.globals().collect()] {
                names.sort();
                if let Some([name, _]) = names.windows(2).find_map(|pair| match pair {
                    [a, b] if a == b => Some([a, b]),
                    _ => None,
                }) {
                    return Err(("hooks", format!("{name:?} is there twice")));
                }
                if let Some(name) = names.iter().find(|name| !is_id(name)) {
                    return Err(("hooks", format!("{name:?} must be 1 to 64 letters, digits, _ and -")));
                }
            }
        }
        for (outcome, ..) in &self.transitions {
            if *outcome == Outcome::NoShow {
                let why = "a no_show ends nothing: who came waits again, and who did not has not begun";
                return Err(("on", why.into()));
            }
        }
        self.waitroom.check(self.humans())
    }
}
