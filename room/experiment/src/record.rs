//! What a game writes down as it runs: one record a step, one an episode, and who sat where. Hooks see these.

use std::{borrow::Cow, collections::BTreeMap};

use footlights_env::{ActionValue, Agent};
use footlights_protocol::timeline::ActionSource;
use serde::{Deserialize, Serialize};

/// One tick. Lists by agent have one entry an agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// Ticks since the game began, from 1.
    pub tick: u32,
    /// The episode, from 0.
    pub episode: u32,
    /// Steps since the episode's reset, from 1.
    pub step: u32,
    /// The server's clock when the tick ran, epoch ms.
    pub server_time_ms: u64,
    /// What each agent did.
    pub actions: Vec<ActionValue>,
    /// Where that came from.
    pub sources: Vec<ActionSource>,
    /// Rewards of this step.
    pub rewards: Vec<f32>,
    /// Whether the episode reached its end for the agent.
    pub terminated: Vec<bool>,
    /// Whether the episode was cut for the agent.
    pub truncated: Vec<bool>,
    /// Flat observations after the step, one agent's behind the other's.
    pub observations: Vec<f32>,
    /// Digest of the state after the step; 0 if it has none.
    pub digest: u64,
    /// (agent, key, value).
    pub infos: Vec<(Agent, String, f64)>,
    /// What is known of each person at this tick; nothing for policies, also where one took over a person's seat.
    pub people: Vec<Option<ParticipantSample>>,
    /// What the scene's hooks say, in the order of their columns; a value that is missing or not finite is empty.
    pub hooks: Vec<f64>,
}

/// A person at one tick.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ParticipantSample {
    /// The keys held, or tapped since the tick before, as bits of the seat's keyboard.
    pub held: u32,
    /// The browser's monotonic clock at its last message, ms.
    pub client_time_ms: Option<f64>,
    /// The last measured round trip, ms.
    pub rtt_ms: f32,
    /// Whether the page is visible and focused.
    pub focused: bool,
    /// By how many ticks the keys of this tick came too late for the one that they were meant for.
    pub late: Option<u32>,
}

/// One episode.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpisodeRecord {
    /// From 0.
    pub episode: u32,
    /// Server's clock at the reset, epoch ms.
    pub started_ms: u64,
    /// Flat observations at the reset, one agent's behind the other's.
    pub initial_observations: Vec<f32>,
    /// How many steps it had.
    pub steps: u32,
    /// Sum of rewards by agent.
    pub returns: Vec<f32>,
    /// `terminated`, `truncated` or `interrupted`.
    pub end: Cow<'static, str>,
    /// Digest of the last state.
    pub digest: u64,
    /// What the scene's hooks say of the episode, by name.
    pub metrics: BTreeMap<String, f64>,
}

/// Who sat where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatInfo {
    /// The agent.
    pub agent: Agent,
    /// `human`, `random` or a policy's name.
    pub holder: String,
    /// The participant, where it is a person.
    pub subject: Option<String>,
}

/// What a game is called and where it belongs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GameInfo {
    /// The game's id.
    pub game_id: String,
    /// The experiment's id.
    pub experiment: String,
    /// The scene's id.
    pub scene: String,
    /// The environment's seed.
    pub seed: u64,
    /// Everybody, in the agents' order.
    pub seats: Vec<SeatInfo>,
}
