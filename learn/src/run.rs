//! A training run: games of one environment, played and learnt from. A pure machine that is asked for one round after the
//! other, so that who drives it decides when.

use std::collections::VecDeque;

use footlights_env::{ActionValue, Agent, EnvError, PerAgent, Preferences, Simulation, Space, Step};
use serde::{Deserialize, Serialize};

use crate::{
    common::{Clock, Common, Learner, Output, Seat, Shaping},
    dqn::{self, Dqn},
    net::{Net, Trace},
    ppo::{self, Ppo},
    replay::{Memory, Then},
    scale::Scale,
};

/// What a run may choose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// What all ways of learning have in common.
    pub common: Common,
    /// How it learns.
    pub method: Method,
    /// When it is over.
    pub length: Length,
}

/// A way of learning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Deep Q-learning.
    Dqn(dqn::Settings),
    /// Proximal policy optimisation.
    Ppo(ppo::Settings),
}

/// When a run is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Length {
    /// After so many episodes.
    Episodes(u32),
    /// After so many steps of all games together.
    Steps(u64),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            common: Common::default(),
            method: Method::Dqn(dqn::Settings::default()),
            length: Length::Episodes(100),
        }
    }
}

/// A game that is played.
pub struct Game {
    /// The environment.
    pub sim: Box<dyn Simulation>,
    /// From 1, over all games.
    pub episode: u32,
    /// Rewards of the episode so far, by agent.
    pub totals: PerAgent<f64>,
    /// The last step; none at the start of an episode.
    pub last: Option<(PerAgent<ActionValue>, Step)>,
    observations: Vec<Vec<f32>>,
    losses: (f64, u32),
    /// The episode is over, and the next one has not begun.
    over: bool,
    /// What was done in the episodes that are remembered: the memory of a lost process is played again from it.
    log: VecDeque<Played>,
}

/// The actions of an episode, step by step, those of all agents after one another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Played {
    episode: u32,
    #[serde(with = "serde_bytes")]
    actions: Vec<u8>,
}

/// An episode that is over.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// From 1.
    pub episode: u32,
    /// The game that it was played in.
    pub game: usize,
    /// What each agent was rewarded.
    pub rewards: PerAgent<f64>,
    /// Its steps.
    pub length: u32,
    /// The mean loss of the batches that were learnt from meanwhile, or that of the last one before; 0 without one.
    pub loss: f64,
    /// How often the next episode tries something else.
    pub epsilon: f32,
    /// Why the rules ended it; none where it was cut.
    pub failure: Option<&'static str>,
    /// The agent that played with earlier selves; none where all were the newest.
    pub against_past: Option<usize>,
}

impl Finished {
    /// The reward that tells how good the newest self is: that of the agent that played with earlier ones, otherwise that of
    /// the first.
    #[must_use]
    pub fn reward(&self) -> f64 {
        self.rewards.get(self.against_past.unwrap_or_default()).copied().unwrap_or_default()
    }
}

/// What came of a round.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Round {
    /// Whether a step was played; otherwise something was learnt, and nothing else happened.
    pub played: bool,
    /// The episodes that ended with it.
    pub finished: Vec<Finished>,
}

/// Why a run cannot begin or go on.
#[derive(Debug, Clone, PartialEq)]
pub enum RunError {
    /// The environment cannot be played.
    Environment(EnvError),
    /// It cannot be learnt in this way.
    Unfit(String),
}

impl std::fmt::Display for RunError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Environment(error) => error.fmt(f),
            Self::Unfit(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for RunError {}

impl From<EnvError> for RunError {
    fn from(error: EnvError) -> Self {
        Self::Environment(error)
    }
}

/// A run.
pub struct Run {
    settings: Settings,
    games: Vec<Game>,
    learner: Box<dyn Learner>,
    scale: Scale,
    steps: u64,
    /// Episodes that began, and that are over.
    begun: u32,
    done: u32,
    /// The mean loss of the last batch; 0 before the first.
    loss: f64,
}

/// Multiplications that a step of a game and what belongs to it is about worth.
const STEP_COST: u64 = 4_000;

impl Run {
    /// A run that begins. `sim` is a game of the environment; every other one is made from it.
    ///
    /// # Errors
    /// The environment cannot be learnt in this way: its agents differ, or have actions that are not discrete, or more than
    /// 256 of them; or it has no info that is to be paid.
    pub fn new(sim: &dyn Simulation, settings: Settings) -> Result<Self, RunError> {
        let unfit = |why: &str| RunError::Unfit(format!("{}: {why}", sim.spec().id));
        let spaces = sim.spec().shared_spaces();
        let (action_space, observation_space) =
            spaces.ok_or_else(|| unfit("its agents differ, and one network plays them all"))?;
        let Space::Discrete { n: actions @ 1..=256 } = *action_space else {
            return Err(unfit("only discrete actions can be learnt, at most 256"));
        };
        let scale = Scale::of(observation_space);
        if scale.is_empty() {
            return Err(unfit("its observations are no list of numbers"));
        }
        if let Some(Shaping { info, .. }) = &settings.common.shaping
            && !sim.labels().infos.iter().any(|known| known.name == *info)
        {
            return Err(unfit(&format!("its steps report no info {info:?}")));
        }
        let agents = sim.spec().agents.len();
        let (common, actions) = (settings.common.clone(), actions as usize);
        let games = common.games.max(1);
        let mut run = Self {
            learner: match settings.method.clone() {
                Method::Dqn(dqn) => Box::new(Dqn::new(common, dqn, games * agents, scale.len(), actions)),
                Method::Ppo(ppo) => Box::new(Ppo::new(common, ppo, agents, scale.len(), actions)),
            },
            games: Vec::new(),
            scale,
            steps: 0,
            begun: 0,
            done: 0,
            loss: 0.0,
            settings,
        };
        for _ in 0..games {
            let game = Game {
                sim: sim.fork(),
                episode: 0,
                totals: PerAgent::new(),
                last: None,
                observations: Vec::new(),
                losses: (0.0, 0),
                over: true,
                log: VecDeque::new(),
            };
            run.games.push(game);
        }
        run.begin();
        Ok(run)
    }

    /// Starts the next episode in every game whose episode is over. Returns whether the first game is one of them.
    pub fn begin(&mut self) -> bool {
        let seed = self.settings.common.seed;
        let mut first = false;
        for (number, game) in self.games.iter_mut().enumerate().filter(|(_, game)| game.over) {
            self.begun += 1;
            game.start(seed, self.begun, &self.scale);
            self.learner.begin(number, self.begun);
            first |= number == 0;
        }
        first
    }

    /// The games.
    #[must_use]
    pub fn games(&self) -> &[Game] {
        &self.games
    }

    /// How many steps were taken in all games.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// How many episodes are over.
    #[must_use]
    pub fn episodes(&self) -> u32 {
        self.done
    }

    /// How many steps are remembered.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.learner.remembered()
    }

    /// How long the next round takes, as a number of multiplications.
    #[must_use]
    pub fn cost(&self) -> u64 {
        self.games.len() as u64 * STEP_COST + self.learner.cost()
    }

    /// What it was given.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How much of the run is over, from 0 to 1.
    #[must_use]
    pub fn progress(&self) -> f32 {
        let part = match self.settings.length {
            Length::Episodes(all) => f64::from(self.done) / f64::from(all.max(1)),
            Length::Steps(all) => self.steps as f64 / all.max(1) as f64,
        };
        part.min(1.0) as f32
    }

    /// Whether the run is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        match self.settings.length {
            Length::Episodes(all) => self.done >= all,
            Length::Steps(all) => self.steps >= all,
        }
    }

    fn clock(&self) -> Clock {
        Clock { steps: self.steps, episodes: self.done, progress: self.progress() }
    }

    /// How often a game tries something else than what it thinks best.
    #[must_use]
    pub fn epsilon(&self, game: usize) -> f32 {
        self.learner.epsilon(game, &self.clock())
    }

    /// What the network thinks of each action for an observation of the environment.
    pub fn preferences(&mut self, observation: &[f32]) -> Preferences {
        let mut scaled = observation.to_vec();
        self.scale.apply(&mut scaled);
        self.learner.preferences(&scaled)
    }

    /// The network as it is now, for observations as they are.
    #[must_use]
    pub fn network(&self) -> Net {
        self.scale.folded(&self.learner.network())
    }

    /// How many updates of the network have been made.
    #[must_use]
    pub fn updates(&self) -> u64 {
        self.learner.updates()
    }

    /// What the learner keeps, for others that learn side by side.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn learnt(&self) -> Result<Vec<u8>, RunError> {
        self.learner.save().map_err(RunError::Unfit)
    }

    /// Goes on from what others learnt: the run has taken so many steps and has seen so many episodes by then.
    ///
    /// # Errors
    /// It is of another network.
    pub fn go_on(&mut self, learnt: &[u8], steps: u64, episodes: u32) -> Result<(), RunError> {
        self.learner.load(learnt).map_err(RunError::Unfit)?;
        (self.steps, self.done) = (steps, episodes);
        Ok(())
    }

    /// One step of the first game, as the newest network is played; nothing is learnt from it. Returns whether an episode began
    /// with it.
    ///
    /// # Errors
    /// The game cannot go on.
    pub fn exhibit(&mut self) -> Result<bool, RunError> {
        let (seed, episode) = (self.settings.common.seed, self.done + 1);
        let Some(game) = self.games.first_mut() else { return Ok(false) };
        let begins = game.over;
        if begins {
            game.start(seed, episode, &self.scale);
        }
        let (net, output, mut trace) = (self.learner.network(), self.learner.output(), Trace::default());
        let actions: Vec<u8> = (0..=u8::MAX)
            .map(Agent)
            .zip(Game::seats((0, game)))
            .map(|(agent, seat)| {
                net.forward(seat.observation, &mut trace);
                output.choose(trace.out(), |action| seat.may(action), game.sim.as_ref(), agent) as u8
            })
            .collect();
        game.play(&actions, &self.scale, None, |_, _| {})?;
        game.log.clear();
        Ok(begins)
    }

    /// What the outputs of the network are.
    #[must_use]
    pub fn output(&self) -> Output {
        self.learner.output()
    }

    /// One step in every game and what is learnt after it, or only something that is learnt; where an episode is over, the next
    /// one begins before.
    ///
    /// # Errors
    /// A game cannot go on; the run is over.
    pub fn round(&mut self) -> Result<Round, RunError> {
        self.begin();
        let seats: Vec<Seat<'_>> = self.games.iter().enumerate().flat_map(Game::seats).collect();
        let chosen = self.learner.choose(&seats, &self.clock());
        let played = chosen.is_some();
        let over = match chosen {
            Some(actions) => self.play(&actions)?,
            None => Vec::new(),
        };
        if let Some(loss) = self.learner.learn(&self.clock()) {
            self.loss = f64::from(loss);
            for game in &mut self.games {
                game.losses = (game.losses.0 + f64::from(loss), game.losses.1 + 1);
            }
        }
        let mut finished = Vec::new();
        for number in over {
            self.done += 1;
            let epsilon = self.epsilon(number);
            if let Some(game) = self.games.get_mut(number) {
                finished.push(Finished {
                    episode: game.episode,
                    game: number,
                    rewards: game.totals.clone(),
                    length: game.sim.tick(),
                    loss: if game.losses.1 > 0 {
                        game.losses.0 / f64::from(game.losses.1)
                    } else {
                        self.loss
                    },
                    epsilon,
                    failure: game.sim.overview().failure,
                    against_past: self.learner.against_past(number),
                });
                game.forget(self.learner.replayed());
            }
        }
        Ok(Round { played, finished })
    }

    /// A step of every game; the games that it ended.
    fn play(&mut self, actions: &[u8]) -> Result<Vec<usize>, RunError> {
        let progress = self.progress();
        let mut over = Vec::new();
        let agents = self.games.first().map_or(0, |game| game.observations.len()).max(1);
        for (number, (game, actions)) in self.games.iter_mut().zip(actions.chunks(agents)).enumerate() {
            self.steps += 1;
            let shaping = self.settings.common.shaping.as_ref().map(|shaping| (shaping, progress));
            if game.play(actions, &self.scale, shaping, |agent, memory| {
                self.learner.remember(number * agents + agent, memory);
            })? {
                over.push(number);
            }
        }
        Ok(over)
    }
}

impl Game {
    /// Its agents, as a learner meets them.
    fn seats((number, game): (usize, &Self)) -> impl Iterator<Item = Seat<'_>> {
        (0..=u8::MAX).zip(&game.observations).map(move |(agent, observation)| Seat {
            game: number,
            observation,
            mask: game.sim.action_mask(Agent(agent)),
        })
    }

    fn start(&mut self, seed: u64, episode: u32, scale: &Scale) {
        self.episode = episode;
        self.sim.reset(seed, episode);
        self.totals = self.sim.spec().agents().map(|_| 0.0).collect();
        self.last = None;
        self.losses = (0.0, 0);
        self.over = false;
        self.observations = observe(self.sim.as_ref(), scale);
        self.log.push_back(Played { episode, actions: Vec::new() });
    }

    /// Plays one step, tells what is to be remembered of each agent, and says whether the episode is over.
    fn play(
        &mut self,
        actions: &[u8],
        scale: &Scale,
        shaping: Option<(&Shaping, f32)>,
        mut remember: impl FnMut(usize, Memory),
    ) -> Result<bool, EnvError> {
        let values: PerAgent<ActionValue> =
            actions.iter().map(|action| ActionValue::Discrete(i32::from(*action))).collect();
        let step = self.sim.step(&values)?;
        let next = observe(self.sim.as_ref(), scale);
        let over = step.done();
        let before = std::mem::replace(&mut self.observations, next);
        for (agent, (observation, action)) in before.into_iter().zip(actions).enumerate() {
            let reward = step.rewards.get(agent).copied().unwrap_or_default();
            if let Some(total) = self.totals.get_mut(agent) {
                *total += f64::from(reward);
            }
            let bonus = shaping.map_or(0.0, |(shaping, progress)| shaping.bonus(&step, agent, progress));
            let reward = reward + bonus;
            let then = if step.terminated.get(agent).copied().unwrap_or_default() {
                Then::Ended
            } else if over {
                Then::Cut(self.observations.get(agent).cloned().unwrap_or_default())
            } else {
                Then::Next
            };
            remember(agent, Memory { observation, action: u32::from(*action), reward, then });
        }
        if let Some(played) = self.log.back_mut() {
            played.actions.extend_from_slice(actions);
        }
        self.last = Some((values, step));
        self.over = over;
        Ok(over)
    }

    /// Forgets the episodes of which no step is remembered any more.
    fn forget(&mut self, steps: usize) {
        let agents = self.observations.len().max(1);
        let mut kept: usize = self.log.iter().map(|played| played.actions.len() / agents).sum();
        while let Some(oldest) = self.log.front().map(|played| played.actions.len() / agents) {
            if kept - oldest < steps {
                break;
            }
            kept -= oldest;
            self.log.pop_front();
        }
    }
}

fn observe(sim: &dyn Simulation, scale: &Scale) -> Vec<Vec<f32>> {
    let observation = |agent| {
        let mut observation = Vec::new();
        sim.observe(agent, &mut observation);
        scale.apply(&mut observation);
        observation
    };
    sim.spec().agents().map(observation).collect()
}

/// A run as it is stored: the network and what it learns with, and the games from which the memory is played again.
#[derive(Serialize, Deserialize)]
struct Stored {
    settings: Settings,
    #[serde(with = "serde_bytes")]
    learner: Vec<u8>,
    steps: u64,
    begun: u32,
    done: u32,
    games: Vec<VecDeque<Played>>,
}

impl Run {
    /// Everything that a later process needs to go on with the run.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn save(&self) -> Result<Vec<u8>, RunError> {
        let stored = Stored {
            settings: self.settings.clone(),
            learner: self.learner.save().map_err(RunError::Unfit)?,
            steps: self.steps,
            begun: self.begun,
            done: self.done,
            games: self.games.iter().map(|game| game.log.clone()).collect(),
        };
        footlights_env::msgpack::encode(&stored).map_err(|error| RunError::Unfit(error.to_string()))
    }

    /// Goes on with a run that was stored. The memory is played again, so it holds what it held, and every step in it is as
    /// likely to be drawn as the next.
    ///
    /// # Errors
    /// The bytes are none, or of another environment.
    pub fn restore(sim: &dyn Simulation, stored: &[u8]) -> Result<Self, RunError> {
        let unreadable = |error: footlights_env::msgpack::Error| RunError::Unfit(error.to_string());
        let stored: Stored = footlights_env::msgpack::decode(stored).map_err(unreadable)?;
        let mut run = Self::new(sim, stored.settings)?;
        run.learner.load(&stored.learner).map_err(RunError::Unfit)?;
        (run.steps, run.begun, run.done) = (stored.steps, stored.begun, stored.done);
        let (seed, progress) = (run.settings.common.seed, run.progress());
        for (number, log) in stored.games.into_iter().enumerate() {
            let Some(game) = run.games.get_mut(number) else { break };
            game.log.clear();
            let agents = game.observations.len();
            let shaping = run.settings.common.shaping.as_ref().map(|shaping| (shaping, progress));
            for Played { episode, actions } in log {
                game.start(seed, episode, &run.scale);
                run.learner.begin(number, episode);
                for chosen in actions.chunks_exact(agents.max(1)) {
                    let learner = &mut run.learner;
                    game.play(chosen, &run.scale, shaping, |agent, memory| {
                        learner.remember(number * agents + agent, memory);
                    })?;
                }
            }
        }
        Ok(run)
    }
}
