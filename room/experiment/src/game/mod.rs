//! The builder of a game scene.

mod assets;
mod attendance_rules;
mod controls;
mod environment;
mod episodes;
mod recording;
mod stepping;
mod validate;

use std::{collections::BTreeMap, sync::Arc};

use footlights_env::{ActionValue, Agent, Environment, Image, Policy, PolicyError, Simulation};
use footlights_protocol::{
    InputDelay, Outcome, ShownResult, ShownScores,
    keys::{InputMode, MissingAction},
    timeline::Rules,
};
use serde::Serialize;

pub use self::{
    assets::Assets, attendance_rules::AttendanceRules, controls::Controls, environment::EnvironmentRef,
    episodes::Episodes, recording::Recording, stepping::Stepping,
};
use crate::{
    condition::Condition,
    ending::{Ending, Transition},
    hooks::Hooks,
    interpolate::names,
    presence::{DropoutRule, PresenceRule},
    run_mode::{Execution, RunMode},
    seat::{Seat, make_policy},
    waitroom::Waitroom,
};

/// A game: an environment, who holds its seats, and how it is played. Times are in milliseconds.
///
/// ```
/// use footlights_environments::mountain_car::{Config, MountainCar, Push};
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
    /// What the tab and the picture are called.
    pub title: String,
    /// The environment and its configuration.
    pub environment: EnvironmentRef,
    /// Who holds each agent's seat, in the agents' order.
    pub seats: Vec<Seat>,
    /// How often and where the environment is stepped.
    #[serde(flatten)]
    pub stepping: Stepping,
    /// What the seats' keys do.
    #[serde(flatten)]
    pub controls: Controls,
    /// How many episodes there are, and how long they are.
    #[serde(flatten)]
    pub episodes: Episodes,
    /// What follows when a participant comes late, loses the connection or looks elsewhere.
    #[serde(flatten)]
    pub attendance: AttendanceRules,
    /// How participants wait and are matched.
    pub waitroom: Waitroom,
    /// Where an outcome leads, and with which ending, if not as usual.
    pub transitions: Vec<(Outcome, Transition, Ending)>,
    /// What browsers load before the game begins.
    #[serde(flatten)]
    pub assets: Assets,
    /// What is written down beside actions and rewards.
    #[serde(flatten)]
    pub recording: Recording,
    /// Texts of the environment in words of the study's own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<String, String>,
    /// What differs between the levels of a factor.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "factor_names")]
    variations: Vec<Variation>,
}

/// What differs between the levels of a factor.
#[derive(Clone)]
struct Variation {
    factor: String,
    apply: Change,
}

/// The game in a level of a factor.
type Change = Arc<dyn Fn(GameScene, &str) -> GameScene + Send + Sync>;

fn factor_names<S: serde::Serializer>(variations: &[Variation], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(variations.iter().map(|variation| &variation.factor))
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
            stepping: Stepping::default(),
            controls: Controls::new(agents),
            episodes: Episodes::default(),
            attendance: AttendanceRules::default(),
            waitroom: Waitroom::new(),
            transitions: Vec::new(),
            assets: Assets::bundled::<E>(),
            recording: Recording::default(),
            texts: BTreeMap::new(),
            variations: Vec::new(),
        }
    }

    /// What the tab and the picture are called.
    pub fn title(mut self, words: &str) -> Self {
        self.title = words.into();
        self
    }

    /// Shows a text of the environment, in its picture or in the panel, in words of the study's own. A number in it is `{n}`
    /// in both, as in `.translate("{n} steps", "{n} Schritte")`; where the language has several forms for numbers, each has
    /// an entry, such as `{n} steps [one]`. The data and the digests keep the environment's words.
    pub fn translate(mut self, text: &str, own: &str) -> Self {
        self.texts.insert(text.into(), own.into());
        self
    }

    /// Makes the game differ between the levels of a factor of the experiment: `change` is given the game and the level. The
    /// game stays one scene, with one waiting room and one set of columns. Its environment's configuration and its options
    /// may differ, but neither its seats, nor its waiting room, nor its spaces.
    ///
    /// ```
    /// use footlights_environments::mountain_car::{Config, MountainCar};
    /// use footlights_experiment::{Condition, GameScene, Seat};
    ///
    /// let game = GameScene::new::<MountainCar>("drive", Config::default()).seat(Seat::Human).varied(
    ///     "time",
    ///     |game, level| if level == "short" { game.max_steps(100) } else { game },
    /// );
    /// let short = Condition::from([("time".to_owned(), "short".to_owned())]);
    /// assert_eq!(game.in_condition(&short).episodes.max_steps, Some(100));
    /// ```
    pub fn varied(
        mut self,
        factor: &str,
        change: impl Fn(Self, &str) -> Self + Send + Sync + 'static,
    ) -> Self {
        self.variations.push(Variation { factor: factor.into(), apply: Arc::new(change) });
        self
    }

    /// The names of globals in its title and in what it says of the result.
    pub(crate) fn names(&self) -> Vec<String> {
        let own = match &self.episodes.shown_result {
            ShownResult::Words(words) => words.as_str(),
            ShownResult::GameOver | ShownResult::WinOrLose => "",
        };
        [self.title.as_str(), own].into_iter().flat_map(names).map(str::to_owned).collect()
    }

    /// The factors between whose levels the game differs.
    pub fn varied_by(&self) -> impl Iterator<Item = &str> {
        self.variations.iter().map(|variation| variation.factor.as_str())
    }

    /// The environment's configuration, replaced: for [`varied`](Self::varied).
    pub fn config<E: Environment>(mut self, config: E::Config) -> Self {
        self.environment = EnvironmentRef::of::<E>(&config);
        self
    }

    /// The game as it is played in a condition.
    pub fn in_condition(&self, condition: &Condition) -> Self {
        self.variations.iter().fold(self.clone(), |game, Variation { factor, apply }| {
            match condition.get(factor) {
                Some(level) => apply(game, level),
                None => game,
            }
        })
    }

    /// Adds the holder of the next agent's seat; the first call is for `player_0`.
    pub fn seat(mut self, seat: Seat) -> Self {
        self.seats.push(seat);
        self
    }

    /// Ticks a second, 1 to 60.
    pub fn fps(mut self, fps: f32) -> Self {
        self.stepping.fps = fps;
        self
    }

    /// Where the environment is stepped; [`Execution::Server`] without this.
    pub fn execution(mut self, execution: Execution) -> Self {
        self.stepping.execution = execution;
        self
    }

    /// In [`Execution::Browser`], how many ticks later than it is pressed a key counts (at most 60); 0 without this.
    pub fn input_delay(mut self, delay: InputDelay) -> Self {
        self.stepping.input_delay = delay;
        self
    }

    /// In [`Execution::Browser`], how many ticks a browser may be ahead of the last confirmed one before it waits (at most
    /// 600); 30 without this. 0 is lockstep: nothing is predicted. In a single-player game the window is always fifteen
    /// seconds.
    pub fn prediction_window(mut self, ticks: u32) -> Self {
        self.stepping.prediction_window = ticks;
        self
    }

    /// When a key counts.
    pub fn input_mode(mut self, mode: InputMode) -> Self {
        self.controls.input_mode = mode;
        self
    }

    /// What a key, or several keys held together, do, for every seat. `keys` are
    /// [`KeyboardEvent.code`](https://developer.mozilla.org/docs/Web/API/KeyboardEvent/code)s. A label puts them on
    /// the legend; every single key has a touch button where there is no keyboard.
    pub fn action(mut self, keys: &[&str], action: impl Into<ActionValue>, label: &str) -> Self {
        let action = action.into();
        for keyboard in &mut self.controls.keyboards {
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
        if let Some(keyboard) = self.controls.keyboards.get_mut(usize::from(agent)) {
            keyboard.add(keys, action.into(), label);
        }
        self
    }

    /// Adds a control for the next number of a continuous action, for every seat: the pointer over the picture, a finger on
    /// it, the stick of a gamepad, a slider below the picture, and keys that take it to its lower and its upper end. The
    /// first control goes from left to right, the second one from bottom to top. At rest the number is 0, or the bound
    /// that is nearest to it. A control has 255 positions.
    ///
    /// ```
    /// use footlights_environments::pendulum::{Config, Pendulum};
    /// use footlights_experiment::{GameScene, Seat};
    ///
    /// let game = GameScene::new::<Pendulum>("swing", Config::default())
    ///     .seat(Seat::Human)
    ///     .axis(&["ArrowLeft"], &["ArrowRight"], "torque");
    /// assert_eq!(game.controls.keyboards[0].axes[0].high, 2.0);
    /// ```
    pub fn axis(mut self, down: &[&str], up: &[&str], label: &str) -> Self {
        self.controls.add_axis(down, up, label);
        self
    }

    /// Whether what the agents observe is written into the tables of steps, as it is if nothing is said. Large
    /// observations can be left out: a replay gives every one of them back.
    pub fn record_observations(mut self, record: bool) -> Self {
        self.recording.observations = record;
        self
    }

    /// What every seat does while no key is held, what replaces a refused action, and what a seat does when its policy
    /// fails. Without this it is the environment's own action that does nothing; an environment that declares none needs
    /// one here.
    pub fn default_action(mut self, action: impl Into<ActionValue>) -> Self {
        self.controls.default_actions.fill(Some(action.into()));
        self
    }

    /// The same for one agent's seat only.
    pub fn default_action_for(mut self, agent: u8, action: impl Into<ActionValue>) -> Self {
        if let Some(own) = self.controls.default_actions.get_mut(usize::from(agent)) {
            *own = Some(action.into());
        }
        self
    }

    /// In `KeyDown` and `KeyUp` mode, what a seat does in a tick without a press.
    pub fn missing_action(mut self, missing: MissingAction) -> Self {
        self.controls.missing_action = missing;
        self
    }

    /// How many episodes are played.
    pub fn episodes(mut self, episodes: u32) -> Self {
        self.episodes.count = episodes;
        self
    }

    /// Lowers the environment's step limit: every episode is truncated after `steps` steps at the latest.
    pub fn max_steps(mut self, steps: u32) -> Self {
        self.episodes.max_steps = Some(steps);
        self
    }

    /// Whether the score goes on from episode to episode; it does without this.
    pub fn carry_score(mut self, carry: bool) -> Self {
        self.episodes.carry_score = carry;
        self
    }

    /// Whose scores a participant is told, beside the picture and at the end; everybody's without this. In
    /// [`Execution::Server`] the room does not send the others; a browser that simulates the game knows them in any case.
    pub fn scores(mut self, shown: ShownScores) -> Self {
        self.episodes.shown_scores = shown;
        self
    }

    /// What the page says of the result when the game is over; that it is over without this. Who won is a part of a game for
    /// two who compete, and a manipulation of one for two who work together.
    pub fn result(mut self, shown: ShownResult) -> Self {
        self.episodes.shown_result = shown;
        self
    }

    /// How long each episode waits, with a countdown, before its first tick, ms; 3,000 without this.
    pub fn countdown_ms(mut self, ms: u64) -> Self {
        self.episodes.countdown_ms = ms;
        self
    }

    /// Ends the game so long after its room was opened, ms, also in the middle of an episode: by the clock, with the time in
    /// which participants came, and with every countdown and pause. It must be more than [`gather_ms`](Self::gather_ms). The
    /// outcome is `completed`, and `time_up` is in the events. A pause that is under way is waited out first. So who sits in
    /// a game knows when it is over, however slow it was; [`max_steps`](Self::max_steps) is the limit that is the same for
    /// every group.
    ///
    /// ```
    /// use footlights_environments::mountain_car::{Config, MountainCar};
    /// use footlights_experiment::GameScene;
    ///
    /// let game = GameScene::new::<MountainCar>("drive", Config::default()).episodes(20).time_limit(300_000);
    /// assert_eq!(game.episodes.time_limit_ms, Some(300_000));
    /// ```
    pub fn time_limit(mut self, ms: u64) -> Self {
        self.episodes.time_limit_ms = Some(ms);
        self
    }

    /// How long matched participants may take to connect, ms; 30,000 without this. Then the game does not take place.
    pub fn gather_ms(mut self, ms: u64) -> Self {
        self.attendance.gather_ms = ms;
        self
    }

    /// How long the game pauses for a participant whose connection is lost, ms; 30,000 without this. If others wait, one
    /// participant can pause the game for three times that in total.
    pub fn grace_ms(mut self, ms: u64) -> Self {
        self.attendance.grace_ms = ms;
        self
    }

    /// What happens when a participant does not come back within the grace time; [`DropoutRule::End`] without this.
    pub fn on_dropout(mut self, on_dropout: DropoutRule) -> Self {
        self.attendance.on_dropout = on_dropout;
        self
    }

    /// Warns or excludes participants by the median round trip of the last ten seconds.
    pub fn latency_rule(mut self, rule: PresenceRule) -> Self {
        self.attendance.latency_rule = Some(rule);
        self
    }

    /// Warns or excludes participants by how long the page is hidden or not focused without a break.
    pub fn attention_rule(mut self, rule: PresenceRule) -> Self {
        self.attendance.attention_rule = Some(rule);
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
    /// use footlights_environments::mountain_car::{Config, MountainCar};
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

    /// Adds an image that the environment draws by this name; one that the environment brings with it by the same name is
    /// not loaded then. Browsers load it while the participant reads the pages
    /// before the game, and the waiting room opens when it is there. Where it cannot be loaded, a box with a cross is
    /// drawn, and `asset_failed` is in the events.
    ///
    /// ```
    /// use footlights_environments::mountain_car::{Config, MountainCar};
    /// use footlights_experiment::{GameScene, Image};
    ///
    /// let game = GameScene::new::<MountainCar>("game", Config::default())
    ///     .image("hill", Image::new("hill.png"))
    ///     .image("car", Image::sheet("car.png", 4, 1))
    ///     .sound("arrived", "bell.mp3");
    /// assert_eq!(game.assets.images.len(), 2);
    /// ```
    pub fn image(mut self, name: &str, image: Image) -> Self {
        self.assets.images.insert(name.into(), image);
        self
    }

    /// Adds a sound that the environment plays by this name: a file among the experiments' assets, in a format that
    /// every browser knows, such as MP3 or WAV. A browser that may not play sounds, or cannot, stays silent.
    pub fn sound(mut self, name: &str, file: &str) -> Self {
        self.assets.sounds.insert(name.into(), file.into());
        self
    }

    /// Adds another file among the experiments' assets. Browsers load it while the participant reads the pages before
    /// the game.
    pub fn asset(mut self, file: &str) -> Self {
        self.assets.files.push(file.into());
        self
    }

    /// Code of your own that looks on while the game runs; see [`Hooks`]. `make` runs whenever a room opens.
    pub fn hooks(mut self, make: impl Fn() -> Box<dyn Hooks> + Send + Sync + 'static) -> Self {
        self.recording.hooks = Some(Arc::new(make));
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
        let hooks = self.recording.make_hooks().map(|hooks| hooks.globals()).unwrap_or_default();
        ["outcome", "score", "game_id"].into_iter().map(str::to_owned).chain(hooks)
    }

    /// What the inputs of a game mean, for its timeline.
    #[must_use]
    pub fn rules(&self) -> Rules {
        Rules {
            input_mode: self.controls.input_mode,
            missing_action: self.controls.missing_action,
            default_actions: self.controls.default_actions.clone(),
            keyboards: self.controls.keyboards.clone(),
            episodes: self.episodes.count,
            max_steps: self.episodes.max_steps,
            carry_score: self.episodes.carry_score,
            shown_scores: self.episodes.shown_scores,
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
        RunMode::new(self.stepping.execution, &self.seats)
    }

    /// Whether a participant is given their seat together with the page: they play alone or with the computer, are asked
    /// nothing before, and load no policies. Images are loaded by then: who needs longer than [`GameScene::gather_ms`] for
    /// them comes to a new room by the lobby.
    #[must_use]
    pub fn begins_at_once(&self) -> bool {
        self.human_count() == 1 && self.waitroom.lets_through() && !self.policies_in_browser()
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
}
