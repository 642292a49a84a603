//! What a game records while it runs: one record for each step and each episode, and who held which seat. Hooks see the
//! same records.

use std::{borrow::Cow, collections::BTreeMap};

use footlights_env::{ActionValue, Agent, RecordValue};
use footlights_protocol::{EpochMs, KeySet, MonotonicMs, Tick, timeline::ActionSource};
use serde::{Deserialize, Serialize};

use crate::condition::Condition;

/// One tick. Lists by agent have one entry for each agent, in the agents' order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// Ticks since the game began, from 1.
    pub tick: Tick,
    /// The episode, from 0.
    pub episode: u32,
    /// Steps since the episode's reset, from 1.
    pub step: u32,
    /// The server's clock when the tick ran.
    pub server_time_ms: EpochMs,
    /// What each agent did.
    pub actions: Vec<ActionValue>,
    /// Where each action came from.
    pub sources: Vec<ActionSource>,
    /// The reward of each agent in this step.
    pub rewards: Vec<f32>,
    /// Whether the episode reached its end for the agent.
    pub terminated: Vec<bool>,
    /// Whether the episode was cut for the agent.
    pub truncated: Vec<bool>,
    /// Flat observations after the step, those of one agent after those of another.
    pub observations: Vec<f32>,
    /// Digest of the state after the step; 0 if it was not computed.
    pub digest: u64,
    /// Further values that the environment reports: (agent, key, value).
    pub infos: Vec<(Agent, String, f64)>,
    /// What is known about the participant in each seat at this tick; `None` for policies, also if a policy took over the
    /// seat of a participant.
    pub people: Vec<Option<ParticipantSample>>,
    /// The values of the scene's hooks, in the order of their columns; the data leave a value empty that is missing or not
    /// finite.
    pub hooks: Vec<f64>,
    /// What the environment records of the state after the step, in the order of its
    /// [`Labels::state`](footlights_env::Labels::state).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub state: Vec<RecordValue>,
}

/// A participant at one tick.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ParticipantSample {
    /// The seat's keys that are held, or were tapped since the tick before.
    pub held: KeySet,
    /// The browser's clock at its last message.
    pub client_time_ms: Option<MonotonicMs>,
    /// The last measured round trip, ms.
    pub rtt_ms: f32,
    /// Whether the page is visible and focused.
    pub focused: bool,
    /// How many ticks after the tick that they were meant for the keys of this tick arrived.
    pub late: Option<u32>,
}

/// One episode.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpisodeRecord {
    /// From 0.
    pub episode: u32,
    /// The server's clock at the reset.
    pub started_ms: EpochMs,
    /// Flat observations at the reset, those of one agent after those of another.
    pub initial_observations: Vec<f32>,
    /// How many steps the episode had.
    pub steps: u32,
    /// The sum of rewards of each agent.
    pub returns: Vec<f32>,
    /// `terminated`, `truncated` or `interrupted`.
    pub end: Cow<'static, str>,
    /// Digest of the last state.
    pub digest: u64,
    /// The metrics of the scene's hooks, by name.
    pub metrics: BTreeMap<String, f64>,
    /// What the environment records of the state at the reset.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub initial_state: Vec<RecordValue>,
}

/// Who held a seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatInfo {
    /// The agent.
    pub agent: Agent,
    /// `human`, `random` or a policy's name.
    pub holder: String,
    /// The participant's `subject_id`, if a participant held the seat.
    pub subject: Option<String>,
}

/// The names of a game and of what it belongs to.
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
    /// All seats, in the agents' order.
    pub seats: Vec<SeatInfo>,
    /// The levels of the factors that vary the game.
    #[serde(default, skip_serializing_if = "Condition::is_empty")]
    pub condition: Condition,
    /// When its room was opened; `None` for games of builds that did not write it down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_at: Option<EpochMs>,
}
