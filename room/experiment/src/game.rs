//! The builder of a game scene.

use std::sync::Arc;

use footlights_env::{
    ActionValue, Agent, EnvError, Environment, Make, Policy, PolicyError, Sim, Simulation, Spec, digest,
    fingerprint,
};
use serde::Serialize;
use serde_json::Value;

use crate::{
    ending::{Ending, Transition},
    hooks::{Hooks, HooksFactory},
    id::is_id,
    presence::{DropoutRule, PresenceRule},
    run_mode::{Execution, RunMode},
    seat::{Seat, make_policy},
    waitroom::Waitroom,
};
use footlights_protocol::{
    InputDelay, KeySet, Outcome,
    keys::{InputMode, Keyboard, MissingAction},
    timeline::Rules,
};

/// The longest input delay, in ticks.
const MAX_INPUT_DELAY: u32 = 60;
/// The longest prediction window, in ticks.
const MAX_PREDICTION_WINDOW: u32 = 600;

/// Which environment, with which configuration.
#[derive(Clone, Serialize)]
pub struct EnvironmentRef {
    /// The environment's id.
    pub id: &'static str,
    /// Its configuration.
    pub config: Value,
    /// Why the configuration cannot be written down.
    #[serde(skip)]
    unwritable: Option<String>,
    #[serde(skip)]
    make: Make<Value>,
    #[serde(skip)]
    unpack: Make<[u8]>,
}

impl EnvironmentRef {
    fn of<E: Environment>(config: &E::Config) -> Self {
        // JSON has no word for NaN and the infinities: serde_json writes null.
        let finite = match digest::of(config) {
            Err(digest::DigestError::NonFinite) => Err("a number is not finite".to_owned()),
            _ => Ok(()),
        };
        let written = finite.and_then(|()| serde_json::to_value(config).map_err(|e| e.to_string()));
        let (config, unwritable) = match written {
            Ok(config) => (config, None),
            Err(why) => (Value::Null, Some(why)),
        };
        Self {
            id: E::ID,
            config,
            unwritable,
            make: |config| Ok(Box::new(Sim::<E>::from_json(config)?)),
            unpack: |config| Ok(Box::new(Sim::<E>::from_packed(config)?)),
        }
    }

    /// A simulation at its reset.
    ///
    /// # Errors
    ///
    /// When the configuration cannot be written as JSON, or the environment refuses it.
    pub fn make(&self) -> Result<Box<dyn Simulation>, EnvError> {
        match &self.unwritable {
            Some(why) => {
                Err(EnvError::Config { env: self.id, why: format!("it cannot be written as JSON: {why}") })
            }
            None => (self.make)(&self.config),
        }
    }

    /// Whether a browser gets the configuration as it is here.
    fn check_packing(&self) -> Result<(), String> {
        let packed = self.make().and_then(|sim| sim.packed_config());
        let found = packed.and_then(|packed| (self.unpack)(&packed)).and_then(|sim| sim.config());
        match found {
            Ok(config) if config == self.config => Ok(()),
            // Fields go by their places there.
            _ => Err(format!(
                "the configuration of {} must write all of its fields for a browser to read it; none may be skipped",
                self.id
            )),
        }
    }

    /// What this build's simulation does with this configuration: whether another build, which may be a browser's or
    /// that of a stored replay, does the same.
    ///
    /// # Errors
    ///
    /// When the configuration is wrong or cannot be simulated.
    pub fn fingerprint(&self) -> Result<u64, EnvError> {
        fingerprint(self.make()?.as_mut())
    }

    /// The same of the default configuration: what a browser knows before it is sent the experiment's.
    ///
    /// # Errors
    ///
    /// When the default configuration cannot be simulated.
    pub fn default_fingerprint(&self) -> Result<u64, EnvError> {
        fingerprint((self.make)(&Value::Null)?.as_mut())
    }
}

/// A game: an environment, who holds its seats, and how it is played. Times are in milliseconds.
///
/// ```
/// use footlights_example_environments::mountain_car::{Config, MountainCar, Push};
/// use footlights_experiment::{GameScene, Seat};
///
/// let game = GameScene::new::<MountainCar>("drive", Config::default())
///     .title("Drive up the hill")
///     .seat(Seat::Human)
///     .action(&["ArrowLeft"], Push::Left, "left")
///     .action(&["ArrowRight"], Push::Right, "right")
///     .default_action(Push::None)
///     .episodes(2);
/// assert_eq!(game.seats.len(), 1);
/// ```
#[derive(Clone, Serialize)]
#[must_use]
#[non_exhaustive]
pub struct GameScene {
    /// The scene's name in addresses and in the data.
    pub id: String,
    /// The heading over the game.
    pub title: String,
    /// The environment and its configuration.
    pub environment: EnvironmentRef,
    /// Who holds each agent's seat, in the agents' order.
    pub seats: Vec<Seat>,
    /// Ticks a second.
    pub fps: f32,
    /// Where the environment is stepped.
    pub execution: Execution,
    /// How many ticks later than it is pressed a key counts, if browsers simulate the game.
    pub input_delay: InputDelay,
    /// How many ticks a browser may be ahead of the last confirmed one.
    pub prediction_window: u32,
    /// When a key counts.
    pub input_mode: InputMode,
    /// What keys do, by agent.
    pub keyboards: Vec<Keyboard>,
    /// What each agent does while no key is held; the environment's noop where nothing else is chosen.
    pub default_actions: Vec<Option<ActionValue>>,
    /// What a seat does in a tick without a press, in the modes that count presses.
    pub missing_action: MissingAction,
    /// How many episodes are played.
    pub episodes: u32,
    /// The longest episode, in steps, if it is shorter than the environment's.
    pub max_steps: Option<u32>,
    /// Whether the score goes on from episode to episode.
    pub carry_score: bool,
    /// The countdown before an episode.
    pub countdown_ms: u64,
    /// How long matched participants may take to connect.
    pub gather_ms: u64,
    /// How long the game waits for a participant whose connection is lost.
    pub grace_ms: u64,
    /// What happens when a participant does not come back within the grace time.
    pub on_dropout: DropoutRule,
    /// What follows from long round trips.
    pub latency_rule: Option<PresenceRule>,
    /// What follows from a page that is hidden or not focused.
    pub attention_rule: Option<PresenceRule>,
    /// How participants wait and are matched.
    pub waitroom: Waitroom,
    /// Where an outcome leads, and with which ending, if not as usual.
    pub transitions: Vec<(Outcome, Transition, Ending)>,
    /// Files that are loaded before the game begins.
    pub assets: Vec<String>,
    /// Whether the observations are columns of the CSV; a replay gives them back in any case.
    pub record_observations: bool,
    /// The researcher's own code that looks on.
    #[serde(skip)]
    pub hooks: Option<HooksFactory>,
}

impl GameScene {
    /// A game of `E`: 30 ticks a second, one episode, a countdown of 3 s, 30 s of grace for a lost connection.
    pub fn new<E: Environment>(id: &str, config: E::Config) -> Self {
        let agents = E::spec(&config).agents;
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
            keyboards: vec![Keyboard::default(); agents.len()],
            default_actions: agents.into_iter().map(|agent| agent.noop).collect(),
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
            record_observations: true,
            hooks: None,
        }
    }

    /// The heading over the game.
    pub fn title(mut self, words: &str) -> Self {
        self.title = words.into();
        self
    }

    /// Adds the holder of the next agent's seat; the first call is for `player_0`.
    pub fn seat(mut self, seat: Seat) -> Self {
        self.seats.push(seat);
        self
    }

    /// Ticks a second, 10 to 60.
    pub fn fps(mut self, fps: f32) -> Self {
        self.fps = fps;
        self
    }

    /// Where the environment is stepped; [`Execution::Server`] without this.
    pub fn execution(mut self, execution: Execution) -> Self {
        self.execution = execution;
        self
    }

    /// In [`Execution::Browser`], how many ticks later than it is pressed a key counts (at most 60); 0 without this.
    pub fn input_delay(mut self, delay: InputDelay) -> Self {
        self.input_delay = delay;
        self
    }

    /// In [`Execution::Browser`], how many ticks a browser may be ahead of the last confirmed one before it waits (at most
    /// 600); 30 without this. 0 is lockstep: nothing is predicted. In a single-player game the window is always fifteen
    /// seconds.
    pub fn prediction_window(mut self, ticks: u32) -> Self {
        self.prediction_window = ticks;
        self
    }

    /// When a key counts.
    pub fn input_mode(mut self, mode: InputMode) -> Self {
        self.input_mode = mode;
        self
    }

    /// What a key, or several keys held together, do, for every seat. `keys` are
    /// [`KeyboardEvent.code`](https://developer.mozilla.org/docs/Web/API/KeyboardEvent/code)s. A label puts a single
    /// key on the legend and on a touch button.
    pub fn action(mut self, keys: &[&str], action: impl Into<ActionValue>, label: &str) -> Self {
        let action = action.into();
        for keyboard in &mut self.keyboards {
            keyboard.add(keys, action.clone(), label);
        }
        self
    }

    /// Like [`action`](Self::action), for one agent's seat only.
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

    /// Whether what the agents observe is written into the tables of steps, as it is if nothing is said. Large
    /// observations can be left out: a replay gives every one of them back.
    pub fn record_observations(mut self, record: bool) -> Self {
        self.record_observations = record;
        self
    }

    /// What every seat does while no key is held, what replaces a refused action, and what a seat does when its policy
    /// fails. Without this it is the environment's own action that does nothing; an environment that declares none needs
    /// one here.
    pub fn default_action(mut self, action: impl Into<ActionValue>) -> Self {
        self.default_actions.fill(Some(action.into()));
        self
    }

    /// The same for one agent's seat only.
    pub fn default_action_for(mut self, agent: u8, action: impl Into<ActionValue>) -> Self {
        if let Some(own) = self.default_actions.get_mut(usize::from(agent)) {
            *own = Some(action.into());
        }
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

    /// Lowers the environment's step limit: every episode is truncated after `steps` steps at the latest.
    pub fn max_steps(mut self, steps: u32) -> Self {
        self.max_steps = Some(steps);
        self
    }

    /// Whether the score goes on from episode to episode; it does without this.
    pub fn carry_score(mut self, carry: bool) -> Self {
        self.carry_score = carry;
        self
    }

    /// How long each episode waits, with a countdown, before its first tick, ms; 3,000 without this.
    pub fn countdown_ms(mut self, ms: u64) -> Self {
        self.countdown_ms = ms;
        self
    }

    /// How long matched participants may take to connect, ms; 30,000 without this. Then the game does not take place.
    pub fn gather_ms(mut self, ms: u64) -> Self {
        self.gather_ms = ms;
        self
    }

    /// How long the game pauses for a participant whose connection is lost, ms; 30,000 without this. If others wait, one
    /// participant can pause the game for three times that in total.
    pub fn grace_ms(mut self, ms: u64) -> Self {
        self.grace_ms = ms;
        self
    }

    /// What happens when a participant does not come back within the grace time; [`DropoutRule::End`] without this.
    pub fn on_dropout(mut self, on_dropout: DropoutRule) -> Self {
        self.on_dropout = on_dropout;
        self
    }

    /// Warns or excludes participants by the median round trip of the last ten seconds.
    pub fn latency_rule(mut self, rule: PresenceRule) -> Self {
        self.latency_rule = Some(rule);
        self
    }

    /// Warns or excludes participants by how long the page is hidden or not focused without a break.
    pub fn attention_rule(mut self, rule: PresenceRule) -> Self {
        self.attention_rule = Some(rule);
        self
    }

    /// How participants wait and are matched.
    pub fn waitroom(mut self, waitroom: Waitroom) -> Self {
        self.waitroom = waitroom;
        self
    }

    /// Where a participant goes whose game has this outcome, and the ending that counts for them from then on. Without
    /// this, `completed` leads to the next scene, and every other outcome to the last page with the ending of the same
    /// name.
    ///
    /// ```
    /// use footlights_example_environments::mountain_car::{Config, MountainCar};
    /// use footlights_experiment::{Ending, GameScene, Outcome, Transition};
    ///
    /// // A participant whose partner left still answers the survey.
    /// let game = GameScene::new::<MountainCar>("game", Config::default())
    ///     .on(Outcome::PartnerLeft, Transition::Goto("survey".into()), Ending::PartnerLeft);
    /// ```
    pub fn on(mut self, outcome: Outcome, transition: Transition, ending: Ending) -> Self {
        self.transitions.retain(|(known, ..)| *known != outcome);
        self.transitions.push((outcome, transition, ending));
        self
    }

    /// Adds a file among the experiments' assets (an atlas, a sound). Browsers load it while the participant reads the
    /// pages before the game.
    pub fn asset(mut self, file: &str) -> Self {
        self.assets.push(file.into());
        self
    }

    /// Code of your own that looks on while the game runs; see [`Hooks`]. `make` runs whenever a room opens.
    pub fn hooks(mut self, make: impl Fn() -> Box<dyn Hooks> + Send + Sync + 'static) -> Self {
        self.hooks = Some(Arc::new(make));
        self
    }

    /// Where an outcome leads, and the ending that counts from then on; see [`on`](Self::on).
    #[must_use]
    pub fn transition_for(&self, outcome: Outcome) -> (Transition, Ending) {
        let own = self.transitions.iter().find(|(known, ..)| *known == outcome);
        match own {
            Some((_, transition, ending)) => (transition.clone(), *ending),
            None if outcome == Outcome::Completed => (Transition::Next, Ending::Completed),
            None => (Transition::End, outcome.into()),
        }
    }

    /// The names of the globals that the game sets, without the scene's id in front.
    pub fn globals(&self) -> impl Iterator<Item = String> {
        let hooks = self.hooks.as_ref().map(|make| make().globals()).unwrap_or_default();
        ["outcome", "score", "game_id"].into_iter().map(str::to_owned).chain(hooks)
    }

    /// What the inputs of a game mean, for its timeline.
    #[must_use]
    pub fn rules(&self) -> Rules {
        Rules {
            input_mode: self.input_mode,
            missing_action: self.missing_action,
            default_actions: self.default_actions.clone(),
            keyboards: self.keyboards.clone(),
            episodes: self.episodes,
            max_steps: self.max_steps,
            carry_score: self.carry_score,
        }
    }

    /// How many participants the game needs.
    #[must_use]
    pub fn human_count(&self) -> usize {
        self.seats.iter().filter(|seat| seat.is_human()).count()
    }

    /// The agents that participants play, in order.
    pub fn human_agents(&self) -> impl Iterator<Item = Agent> + '_ {
        (0u8..).map(Agent).zip(&self.seats).filter(|(_, seat)| seat.is_human()).map(|(agent, _)| agent)
    }

    /// Who simulates the game, and whose clock it goes by.
    pub fn run_mode(&self) -> RunMode {
        RunMode::new(self.execution, &self.seats)
    }

    /// Whether the browser runs policies as well as the room.
    pub fn policies_in_browser(&self) -> bool {
        self.run_mode() == RunMode::SinglePlayer && self.seats.len() > 1
    }

    /// The policy of a seat at the start of an episode; `None` if a participant holds the seat.
    ///
    /// # Errors
    /// The environment or the policy cannot be made.
    pub fn make_policy(&self, agent: Agent) -> Result<Option<Box<dyn Policy>>, PolicyError> {
        let sim = self.environment.make();
        let sim = sim.map_err(|error| PolicyError::Load {
            name: self.environment.id.into(),
            why: error.to_string(),
        })?;
        self.policy_for(agent, sim.as_ref())
    }

    /// A new policy for the seat of `agent`; `None` if a participant holds the seat.
    ///
    /// # Errors
    /// The policy cannot be made.
    pub fn policy_for(
        &self,
        agent: Agent,
        sim: &dyn Simulation,
    ) -> Result<Option<Box<dyn Policy>>, PolicyError> {
        self.seats.get(agent.index()).map_or(Ok(None), |seat| make_policy(seat, agent, sim))
    }

    /// Whether an agent can do what its keys and its default action say.
    fn check_actions(&self, agent: Agent, spec: &Spec) -> Result<(), (&'static str, String)> {
        let space = spec.action_space(agent);
        let outside =
            |action: &ActionValue| format!("{action} is not in the action space {space:?} of {agent}");
        match self.default_actions.get(agent.index()).and_then(Option::as_ref) {
            Some(action) if space.contains(action) => {}
            Some(action) => return Err(("default_action", outside(action))),
            None => {
                let why = format!(
                    "{} declares no action with which {agent} does nothing: say what it does while no key is held",
                    spec.id
                );
                return Err(("default_action", why));
            }
        }
        let Some(keyboard) = self.keyboards.get(agent.index()) else { return Ok(()) };
        if keyboard.keys.len() > Keyboard::MAX_KEYS {
            let why = format!("{} keys, at most {}", keyboard.keys.len(), Keyboard::MAX_KEYS);
            return Err(("action", why));
        }
        for chord in &keyboard.chords {
            if chord.keys == KeySet(0) {
                return Err(("action", format!("no key for action {}", chord.action)));
            }
            if !space.contains(&chord.action) {
                return Err(("action", outside(&chord.action)));
            }
        }
        Ok(())
    }

    /// Finds the first wrong option, and what is wrong with it.
    pub(crate) fn validate(&self) -> Result<(), (&'static str, String)> {
        let sim = self.environment.make().map_err(|e| ("environment", e.to_string()))?;
        let spec = sim.spec();
        if !(10.0..=60.0).contains(&self.fps) {
            return Err(("fps", format!("{} must be 10 to 60", self.fps)));
        }
        if self.seats.len() != spec.agents.len() {
            let why = format!("{} seats for {} agents of {}", self.seats.len(), spec.agents.len(), spec.id);
            return Err(("seats", why));
        }
        if self.human_count() == 0 {
            return Err(("seats", "at least one seat must be for a participant".into()));
        }
        for agent in spec.agents() {
            self.policy_for(agent, sim.as_ref()).map_err(|e| ("seats", e.to_string()))?;
        }
        for agent in spec.agents() {
            self.check_actions(agent, spec)?;
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
        if self.run_mode().simulates_in_browser() {
            self.environment.check_packing().map_err(|why| ("execution", why))?;
        }
        let (InputDelay::Fixed(delay) | InputDelay::Adaptive { most: delay }) = self.input_delay;
        if delay > MAX_INPUT_DELAY {
            return Err(("input_delay", format!("{delay} ticks are more than {MAX_INPUT_DELAY}")));
        }
        if self.prediction_window > MAX_PREDICTION_WINDOW {
            let why = format!("{} ticks are more than {MAX_PREDICTION_WINDOW}", self.prediction_window);
            return Err(("prediction_window", why));
        }
        if let DropoutRule::Replace(seat) = &self.on_dropout {
            if seat.is_human() {
                return Err((
                    "on_dropout",
                    "a participant cannot replace a participant; name a policy".into(),
                ));
            }
            for agent in self.human_agents() {
                make_policy(seat, agent, sim.as_ref()).map_err(|e| ("on_dropout", e.to_string()))?;
            }
        }
        for (option, rule) in [("latency_rule", &self.latency_rule), ("attention_rule", &self.attention_rule)]
        {
            rule.as_ref().map_or(Ok(()), PresenceRule::validate).map_err(|why| (option, why))?;
        }
        if let Some(make) = &self.hooks {
            let hooks = make();
            for mut names in [hooks.columns(), self.globals().collect()] {
                names.sort();
                if let Some([name, _]) = names.windows(2).find_map(|pair| match pair {
                    [a, b] if a == b => Some([a, b]),
                    _ => None,
                }) {
                    return Err(("hooks", format!("{name:?} appears twice")));
                }
                if let Some(name) = names.iter().find(|name| !is_id(name)) {
                    return Err(("hooks", format!("{name:?} must be 1 to 64 letters, digits, _ and -")));
                }
            }
        }
        for (outcome, ..) in &self.transitions {
            if *outcome == Outcome::NoShow {
                let why = "no_show has no transition: the participants who joined wait again, and the others have not begun";
                return Err(("on", why.into()));
            }
        }
        self.waitroom.validate(self.human_count())
    }
}
