//! What a game leaves behind, tick by tick. Rows are collected in memory and handed out in chunks, because a row per
//! tick in a database would cost more than everything else together.

use std::{borrow::Cow, collections::BTreeMap};

use env_sdk::{ActionValue, Agent, EnvError};
use serde::{Deserialize, Serialize};

use crate::wire::Shown;

/// Where an action came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// The person's keys.
    #[serde(rename = "k")]
    Keys,
    /// Nothing came: the scene's default action.
    #[serde(rename = "d")]
    Default,
    /// Nothing came: the previous action again.
    #[serde(rename = "v")]
    Previous,
    /// The environment's rules refused what came; the default action instead.
    #[serde(rename = "r")]
    Refused,
    /// A policy.
    #[serde(rename = "p")]
    Policy,
    /// The policy failed; the default action instead.
    #[serde(rename = "f")]
    PolicyFailed,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Keys, Self::Default, Self::Previous, Self::Refused, Self::Policy, Self::PolicyFailed];

    /// The word in the data.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Default => "default",
            Self::Previous => "previous",
            Self::Refused => "refused",
            Self::Policy => "policy",
            Self::PolicyFailed => "policy_failed",
        }
    }
}

/// One tick. Lists by agent have one entry an agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
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
    pub sources: Vec<Source>,
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
    pub people: Vec<Option<Person>>,
    /// What the scene's hooks say, in the order of their columns; a value that is missing or not finite is empty.
    pub hooks: Vec<f64>,
}

/// A person at one tick.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Person {
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

/// Something worth knowing that is not a tick.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The server's clock, epoch ms.
    pub at_ms: u64,
    /// The tick it happened after.
    pub tick: u32,
    /// Whom it is about.
    pub agent: Option<Agent>,
    /// A word, such as `joined`, `lost`, `malformed`.
    pub kind: Cow<'static, str>,
    /// More words.
    pub detail: String,
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

/// What is handed out for storage at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Chunk {
    /// Ticks since the last chunk.
    pub rows: Vec<Row>,
    /// Events since the last chunk.
    pub events: Vec<Event>,
    /// Episodes that ended since the last chunk.
    pub episodes: Vec<EpisodeRecord>,
    /// What browsers that simulate have told of how they showed the game, by agent. Ticks of earlier chunks are among
    /// them.
    pub shown: Vec<(Agent, Shown)>,
    /// Whether the states that these browsers came to were the room's, by agent, up to a tick.
    pub verified: Vec<(Agent, u32, bool)>,
}

impl Chunk {
    /// Whether there is nothing to store.
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }

    /// As bytes.
    pub fn encode(&self) -> Vec<u8> {
        rmp_serde::to_vec(self).unwrap_or_default()
    }

    /// From bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        rmp_serde::from_slice(bytes).map_err(|e| RecordError::Unreadable(e.to_string()))
    }

    /// All chunks of a game, in order, as one.
    pub fn join(chunks: impl IntoIterator<Item = Self>) -> Self {
        chunks.into_iter().fold(Self::default(), |mut all, chunk| {
            all.rows.extend(chunk.rows);
            all.events.extend(chunk.events);
            all.episodes.extend(chunk.episodes);
            all.shown.extend(chunk.shown);
            all.verified.extend(chunk.verified);
            all
        })
    }
}

/// Why a record cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Stored bytes do not decode.
    #[error("a stored record cannot be read: {0}")]
    Unreadable(String),
    /// A table cannot be written.
    #[error("a table cannot be written: {0}")]
    Unwritable(String),
    /// The environment does not do what it did.
    #[error(transparent)]
    Environment(#[from] EnvError),
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
