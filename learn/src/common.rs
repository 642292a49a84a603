//! What every way of learning has in common.

use footlights_env::{Preferences, Step, math};
use serde::{Deserialize, Serialize};

use crate::{net::Net, replay::Memory};

/// What every learner may choose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Common {
    /// Of everything random.
    pub seed: u64,
    /// Widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// Games that are played at the same time.
    pub games: usize,
    /// What a reward is worth one step earlier.
    pub discount: f32,
    /// Rewards are multiplied by it.
    pub reward_scale: f32,
    /// Adam's step at the start.
    pub rate: f32,
    /// What is left of it at the end; it falls evenly.
    pub last_rate: f32,
    /// What is paid beside the rewards.
    pub shaping: Option<Shaping>,
}

impl Default for Common {
    fn default() -> Self {
        Self {
            seed: 1,
            hidden: vec![128, 128],
            games: 1,
            discount: 0.99,
            reward_scale: 0.1,
            rate: 5e-4,
            last_rate: 1.0,
            shaping: None,
        }
    }
}

/// Something that the infos of a step report is paid like a reward, for the start of a run: it shows the way to rewards
/// that are rare.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shaping {
    /// The key of the info.
    pub info: String,
    /// What one of it is worth at first.
    pub weight: f32,
    /// The share of the run after which it is worth nothing; it falls evenly.
    pub until: f32,
}

impl Shaping {
    /// An info that is paid for the first half of a run.
    #[must_use]
    pub fn new(info: &str, weight: f32) -> Self {
        Self { info: info.to_owned(), weight, until: 0.5 }
    }

    /// What it adds to the reward of an agent.
    #[must_use]
    pub fn bonus(&self, step: &Step, agent: usize, progress: f32) -> f32 {
        let weight = self.weight * math::max(0.0, 1.0 - progress / math::max(self.until, f32::MIN_POSITIVE));
        if weight <= 0.0 {
            return 0.0;
        }
        let own =
            step.infos.iter().filter(|info| usize::from(info.agent.0) == agent && info.key == self.info);
        weight * own.map(|info| info.value as f32).sum::<f32>()
    }
}

/// How far a run is.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Clock {
    /// Steps of all games together.
    pub steps: u64,
    /// Episodes that are over.
    pub episodes: u32,
    /// From 0 to 1.
    pub progress: f32,
}

impl Common {
    /// Adam's step now.
    #[must_use]
    pub fn rate(&self, clock: &Clock) -> f32 {
        self.rate * (1.0 - clock.progress * (1.0 - self.last_rate))
    }
}

/// An agent of a game that has to act.
pub struct Seat<'a> {
    /// The game's number.
    pub game: usize,
    /// What the agent sees, scaled.
    pub observation: &'a [f32],
    /// Which actions it may take; all, if it is empty.
    pub mask: Vec<bool>,
}

impl Seat<'_> {
    /// Whether an action may be taken.
    #[must_use]
    pub fn may(&self, action: usize) -> bool {
        self.mask.get(action).copied().unwrap_or(true)
    }
}

/// What the outputs of a network are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Output {
    /// The sum of rewards that each action promises: the highest is played.
    QValues,
    /// The logarithm of the probability of each action, but for a constant: one is drawn.
    Logits,
}

impl Output {
    /// The name of the output in a model file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::QValues => "q_values",
            Self::Logits => "logits",
        }
    }
}

/// A way of learning: an agent of every game asks what to do, is told what came of it, and now and then the network is
/// changed. Seats are the agents of the first game, then those of the next, always in the same order.
pub trait Learner {
    /// An episode begins in a game.
    fn begin(&mut self, game: usize, episode: u32);

    /// What every seat does; none while it has to learn first.
    fn choose(&mut self, seats: &[Seat<'_>], clock: &Clock) -> Option<Vec<u8>>;

    /// What came of what a seat did.
    fn remember(&mut self, seat: usize, memory: Memory);

    /// Learns once, if it is time to. Returns the mean loss.
    fn learn(&mut self, clock: &Clock) -> Option<f32>;

    /// How many updates of the network have been made.
    fn updates(&self) -> u64;

    /// Multiplications that the next round takes: a measure of how long it takes.
    fn cost(&self) -> u64;

    /// How often a game tries something else than what it thinks best.
    fn epsilon(&self, game: usize, clock: &Clock) -> f32;

    /// Whether the opponents in that game are earlier selves, and if so the agent that learns.
    fn against_past(&self, game: usize) -> Option<usize>;

    /// How many steps are remembered.
    fn remembered(&self) -> usize;

    /// How many steps of each game must be played again after a lost process, for the memory to be what it was.
    fn replayed(&self) -> usize;

    /// What it thinks of each action for a scaled observation.
    fn preferences(&mut self, observation: &[f32]) -> Preferences;

    /// The network that plays, for scaled observations.
    fn network(&self) -> Net;

    /// What its outputs are.
    fn output(&self) -> Output;

    /// What a later process needs of it.
    ///
    /// # Errors
    /// It cannot be written.
    fn save(&self) -> Result<Vec<u8>, String>;

    /// Goes on from there.
    ///
    /// # Errors
    /// The bytes are none, or of another network.
    fn load(&mut self, saved: &[u8]) -> Result<(), String>;
}

/// Encodes what a learner keeps.
pub(crate) fn encode<T: Serialize>(stored: &T) -> Result<Vec<u8>, String> {
    footlights_env::msgpack::encode(stored).map_err(|error| error.to_string())
}

/// Refuses parameters that are not as many as the network has.
pub(crate) fn fits(expected: usize, found: impl IntoIterator<Item = usize>) -> Result<(), String> {
    match found.into_iter().find(|found| *found != expected) {
        Some(found) => Err(format!("a stored network has {found} parameters in place of {expected}")),
        None => Ok(()),
    }
}
