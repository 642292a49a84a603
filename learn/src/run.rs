//! A training run: games of one environment, played and learnt from. A pure machine that is asked for one round after the
//! other, so that who drives it decides when.

use std::collections::VecDeque;

use footlights_env::{ActionValue, Agent, EnvError, PerAgent, Rng, Simulation, Space, Step, Stream};
use serde::{Deserialize, Serialize};

use crate::{
    dqn::{self, Dqn},
    net::Net,
    replay::{Memory, Then},
    scale::Scale,
};

/// What a run may choose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// How it learns, and the seed of everything random.
    pub learner: dqn::Settings,
    /// When it is over.
    pub length: Length,
    /// How often it tries something else than what it thinks best.
    pub exploration: Exploration,
    /// Batches that are learnt from after each step of all games.
    pub batches: u32,
    /// What is left of the optimiser's step at the end; it falls evenly.
    pub last_rate: f32,
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

/// How often a random action is taken.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exploration {
    /// In every episode less: `decay` to the power of the episodes before it, and never less than `floor`.
    PerEpisode {
        /// What is left after an episode.
        decay: f32,
        /// The least.
        floor: f32,
    },
    /// Every game explores differently, as the actors of Horgan et al. 2018 (<https://arxiv.org/abs/1803.00933>):
    /// `highest` to the power of `1 + exponent * k / (games - 1)` for game `k`, once `anneal` steps have led there.
    Spread {
        /// Steps of all games from acting at random to that.
        anneal: u64,
        /// Of the first game.
        highest: f32,
        /// How much less the last one explores.
        exponent: f32,
    },
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            learner: dqn::Settings::default(),
            length: Length::Episodes(100),
            exploration: Exploration::PerEpisode { decay: 0.995, floor: 0.05 },
            batches: 1,
            last_rate: 1.0,
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
    /// The mean loss of the batches that were learnt from meanwhile; 0 without one.
    pub loss: f64,
    /// How often the next episode tries something else.
    pub epsilon: f32,
    /// Why the rules ended it; none where it was cut.
    pub failure: Option<&'static str>,
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
    learner: Dqn,
    scale: Scale,
    actions: u32,
    steps: u64,
    /// Episodes that began, and that are over.
    begun: u32,
    done: u32,
}

/// The seed of the games; that of the learner's own draws is another stream.
fn game_seed(settings: &Settings) -> u64 {
    settings.learner.seed
}

impl Run {
    /// A run that begins. `sim` is a game of the environment; every other one is made from it.
    ///
    /// # Errors
    /// The environment cannot be learnt in this way: its agents differ, or have actions that are not discrete, or more than
    /// 256 of them.
    pub fn new(sim: &dyn Simulation, settings: Settings) -> Result<Self, RunError> {
        let unfit = |why: &str| RunError::Unfit(format!("{}: {why}", sim.spec().id));
        let spaces = sim.spec().shared_spaces();
        let (action_space, observation_space) =
            spaces.ok_or_else(|| unfit("its agents differ, and one network plays them all"))?;
        let Space::Discrete { n: actions @ 1..=256 } = *action_space else {
            return Err(unfit("deep Q-learning needs discrete actions, at most 256"));
        };
        let scale = Scale::of(observation_space);
        if scale.is_empty() {
            return Err(unfit("its observations are no list of numbers"));
        }
        let agents = sim.spec().agents.len();
        let games = settings.learner.games.max(1);
        let mut learner = settings.learner.clone();
        // Every agent of every game has a lane of the memory.
        learner.games = games * agents;
        let mut run = Self {
            learner: Dqn::new(learner, scale.len(), actions as usize),
            games: Vec::new(),
            scale,
            actions,
            steps: 0,
            begun: 0,
            done: 0,
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
        let seed = game_seed(&self.settings);
        let mut first = false;
        for (number, game) in self.games.iter_mut().enumerate().filter(|(_, game)| game.over) {
            self.begun += 1;
            game.start(seed, self.begun, &self.scale);
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
        self.learner.replay.len()
    }

    /// Whether enough is remembered to learn from.
    #[must_use]
    pub fn is_learning(&self) -> bool {
        self.learner.can_learn()
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

    /// How often a game tries something else than what it thinks best.
    #[must_use]
    pub fn epsilon(&self, game: usize) -> f32 {
        match self.settings.exploration {
            Exploration::PerEpisode { decay, floor } => {
                footlights_env::math::max(power(decay, self.done), floor)
            }
            Exploration::Spread { anneal, highest, exponent } => {
                let games = self.games.len().max(2) - 1;
                let share = 1.0 + exponent * game as f32 / games as f32;
                let own = footlights_env::math::expf(footlights_env::math::logf(highest) * share);
                let annealed = 1.0 - self.steps as f32 / anneal.max(1) as f32;
                footlights_env::math::max(annealed, own)
            }
        }
    }

    /// The values that the network gives the actions for an observation of the environment.
    pub fn values(&mut self, observation: &[f32]) -> Vec<f32> {
        let mut scaled = observation.to_vec();
        self.scale.apply(&mut scaled);
        self.learner.values(&scaled).to_vec()
    }

    /// The network as it is now: from observations as they are to the values of the actions.
    #[must_use]
    pub fn network(&self) -> Net {
        self.scale.folded(&self.learner.network())
    }

    /// One step in every game, and what is learnt after it; where an episode is over, the next one begins before. Returns the
    /// episodes that ended.
    ///
    /// # Errors
    /// A game cannot go on; the run is over.
    pub fn round(&mut self) -> Result<Vec<Finished>, RunError> {
        self.begin();
        let chosen = self.choose();
        let mut over = Vec::new();
        let agents = self.games.first().map_or(0, |game| game.observations.len());
        for (number, actions) in chosen.chunks(agents.max(1)).enumerate() {
            let Some(game) = self.games.get_mut(number) else { break };
            self.steps += 1;
            if game.play(actions, &self.scale, |agent, memory| {
                self.learner.replay.push(number * agents + agent, memory);
            })? {
                over.push(number);
            }
        }
        let rate = self.settings.learner.rate;
        self.learner.set_rate(rate * (1.0 - self.progress() * (1.0 - self.settings.last_rate)));
        for _ in 0..self.settings.batches {
            if let Some(loss) = self.learner.learn() {
                for game in &mut self.games {
                    game.losses = (game.losses.0 + f64::from(loss), game.losses.1 + 1);
                }
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
                    loss: if game.losses.1 > 0 { game.losses.0 / f64::from(game.losses.1) } else { 0.0 },
                    epsilon,
                    failure: game.sim.overview().failure,
                });
                game.forget(self.settings.learner.capacity / self.settings.learner.games.max(1));
            }
        }
        Ok(finished)
    }

    /// What every agent of every game does.
    fn choose(&mut self) -> Vec<u8> {
        let mut batch = Vec::new();
        for observation in self.games.iter().flat_map(|game| &game.observations) {
            batch.extend_from_slice(observation);
        }
        let values = self.learner.values(&batch).to_vec();
        let (high, low) = ((self.steps >> 32) as u32, self.steps as u32);
        let mut chosen = Vec::new();
        let mut rows = values.chunks_exact(self.actions as usize);
        for (number, game) in self.games.iter().enumerate() {
            let epsilon = self.epsilon(number);
            let stream = Stream::Policy((number % 255) as u8);
            let mut rng = Rng::derive(game_seed(&self.settings), stream, high, low);
            for agent in 0..game.observations.len() {
                let Some(row) = rows.next() else { break };
                let mask = game.sim.action_mask(Agent(agent as u8));
                let may = |action: usize| mask.get(action).copied().unwrap_or(true);
                let action = if rng.unit() < epsilon {
                    let allowed: Vec<usize> = (0..row.len()).filter(|action| may(*action)).collect();
                    rng.choose(&allowed).copied().unwrap_or_default()
                } else {
                    dqn::highest_of(row, may)
                };
                chosen.push(action as u8);
            }
        }
        chosen
    }
}

impl Game {
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

/// `x` to the power of `n`, by squaring: the same bits everywhere.
fn power(x: f32, n: u32) -> f32 {
    let (mut result, mut square, mut left) = (1.0, x, n);
    while left > 0 {
        if left % 2 == 1 {
            result *= square;
        }
        square *= square;
        left /= 2;
    }
    result
}

/// A run as it is stored: the network and what it learns with, and the games from which the memory is played again.
#[derive(Serialize, Deserialize)]
struct Stored {
    settings: Settings,
    learner: dqn::Stored,
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
            learner: self.learner.store(),
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
        run.learner.load(stored.learner).map_err(RunError::Unfit)?;
        (run.steps, run.begun, run.done) = (stored.steps, stored.begun, stored.done);
        let seed = game_seed(&run.settings);
        for (number, log) in stored.games.into_iter().enumerate() {
            let Some(game) = run.games.get_mut(number) else { break };
            game.log.clear();
            let agents = game.observations.len();
            for Played { episode, actions } in log {
                game.start(seed, episode, &run.scale);
                for chosen in actions.chunks_exact(agents.max(1)) {
                    let replay = &mut run.learner.replay;
                    game.play(chosen, &run.scale, |agent, memory| {
                        replay.push(number * agents + agent, memory)
                    })?;
                }
            }
        }
        Ok(run)
    }
}
