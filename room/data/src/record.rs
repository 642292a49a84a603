//! What a game leaves behind, tick by tick. Rows are collected in memory and handed out in chunks, because a row per
//! tick in a database would cost more than everything else together.

use footlights_env::{Agent, EnvError};
use footlights_experiment::record::{EpisodeRecord, StepRecord};
use serde::{Deserialize, Serialize};

use crate::event::Event;

use footlights_protocol::wire::RenderReport;

/// What is handed out for storage at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Chunk {
    /// Ticks since the last chunk.
    pub rows: Vec<StepRecord>,
    /// Events since the last chunk.
    pub events: Vec<Event>,
    /// Episodes that ended since the last chunk.
    pub episodes: Vec<EpisodeRecord>,
    /// What browsers that simulate have told of how they showed the game, by agent. Ticks of earlier chunks are among
    /// them.
    pub shown: Vec<(Agent, RenderReport)>,
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
