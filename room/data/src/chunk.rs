//! What a game records, as it is stored while the game runs. Rows are collected in memory and handed out in chunks,
//! because a row per tick in a database would cost more than everything else together.

use footlights_env::Agent;
use footlights_experiment::record::{EpisodeRecord, StepRecord};
use footlights_protocol::{Tick, wire::RenderReport};
use serde::{Deserialize, Serialize};

use crate::{error::RecordError, event::Event};

/// What is handed out for storage at one moment. Chunks are stored without the names of their fields: the order of the
/// fields is their format.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Chunk {
    /// Ticks since the last chunk.
    pub rows: Vec<StepRecord>,
    /// Events since the last chunk.
    pub events: Vec<Event>,
    /// Episodes that ended since the last chunk.
    pub episodes: Vec<EpisodeRecord>,
    /// What simulating browsers reported about how they showed the game, by agent. Ticks of earlier chunks are among
    /// them.
    pub shown: Vec<(Agent, RenderReport)>,
    /// Whether the states that these browsers came to were the room's, by agent, up to a tick.
    pub verified: Vec<(Agent, Tick, bool)>,
}

impl Chunk {
    /// Whether there is nothing to store.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }

    /// As bytes.
    ///
    /// # Errors
    /// [`RecordError::Unwritable`] if a record does not serialise. The caller keeps the chunk, and must not store
    /// anything in its place.
    pub fn encode(&self) -> Result<Vec<u8>, RecordError> {
        rmp_serde::to_vec(self).map_err(|error| RecordError::Unwritable(error.to_string()))
    }

    /// From bytes.
    ///
    /// # Errors
    /// [`RecordError::Unreadable`] if the bytes are not a chunk of this build's format.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        rmp_serde::from_slice(bytes).map_err(|error| RecordError::Unreadable(error.to_string()))
    }

    /// All chunks of a game, in order, as one.
    #[must_use]
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

#[cfg(test)]
mod tests {
    use footlights_protocol::KeySet;

    use super::*;

    #[test]
    fn a_chunk_of_an_older_build_is_read_by_the_order_of_its_fields() {
        // One row, one event with its kind as a word, an episode, a report and a verified tick.
        let stored = serde_json::json!([
            [[7, 0, 7, 1790, [2], ["k"], [1.0], [false], [true], [0.5], 9,
              [[0, "speed", 0.25]], [[3, 12.5, 20.0, true, null]], [0.5]]],
            [[1790, 7, 0, "joined", "again"]],
            [[0, 1700, [0.5], 7, [1.0], "truncated", 9, {"hits": 2.0}]],
            [[0, [7, 2, [], null, 7]]],
            [[0, 7, true]],
        ]);
        let chunk = Chunk::decode(&rmp_serde::to_vec(&stored).unwrap()).unwrap();
        assert_eq!((chunk.rows[0].tick, chunk.rows[0].people[0].unwrap().held), (Tick(7), KeySet(3)));
        assert_eq!(chunk.rows[0].infos, [(Agent(0), "speed".to_owned(), 0.25)]);
        assert_eq!(chunk.events[0].kind, crate::event::EventKind::Joined);
        assert_eq!((chunk.episodes[0].steps, chunk.episodes[0].metrics["hits"]), (7, 2.0));
        assert_eq!((chunk.shown[0].1.until, chunk.verified[0]), (Tick(7), (Agent(0), Tick(7), true)));
        assert_eq!(Chunk::decode(&chunk.encode().unwrap()), Ok(chunk));
    }
}
