//! Where to go on from when the process is lost.

use env_sdk::ActionValue;
use serde::{Deserialize, Serialize};

use super::{Holder, Room, RoomError, State};
use crate::{
    experiment::GameScene,
    record::{EpisodeRecord, GameInfo},
};

/// Everything of a room that its scene, its ids and its stored chunks do not tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Ticks since the game began; rows up to this one are stored.
    pub tick: u32,
    #[serde(with = "serde_bytes")]
    snapshot: Vec<u8>,
    scores: Vec<f32>,
    episode: EpisodeRecord,
    started_ms: u64,
    slips: u32,
    events_left: u32,
    seats: Vec<SeatCheckpoint>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct SeatCheckpoint {
    previous: Option<ActionValue>,
    arrived: bool,
    #[serde(with = "serde_bytes")]
    policy: Vec<u8>,
}

impl Room {
    pub(super) fn checkpoint(&self) -> Result<Vec<u8>, RoomError> {
        let seats = self.seats.iter().map(|seat| SeatCheckpoint {
            previous: seat.previous.clone(),
            arrived: seat.human().is_some_and(|human| human.arrived),
            policy: match &seat.holder {
                Holder::Policy(policy) => policy.save(),
                Holder::Human(_) => Vec::new(),
            },
        });
        let checkpoint = Checkpoint {
            tick: self.tick,
            snapshot: self.sim.save()?,
            scores: self.scores.clone(),
            episode: self.episode.clone(),
            started_ms: self.started_ms,
            slips: self.slips,
            events_left: self.events_left,
            seats: seats.collect(),
        };
        rmp_serde::to_vec(&checkpoint).map_err(|e| RoomError::Checkpoint(e.to_string()))
    }

    /// The room as it was at a checkpoint. Nobody is connected; everybody has the grace time to come back.
    pub fn restore(
        scene: &GameScene,
        info: GameInfo,
        phase_ms: u64,
        checkpoint: &[u8],
        now: u64,
    ) -> Result<Self, RoomError> {
        let stored: Checkpoint =
            rmp_serde::from_slice(checkpoint).map_err(|e| RoomError::Checkpoint(e.to_string()))?;
        let mut room = Self::new(scene, info, phase_ms, now)?;
        room.sim.load(&stored.snapshot)?;
        for (seat, saved) in room.seats.iter_mut().zip(stored.seats) {
            seat.previous = saved.previous;
            match &mut seat.holder {
                Holder::Policy(policy) => policy.load(&saved.policy)?,
                Holder::Human(human) => human.arrived = saved.arrived,
            }
        }
        room.tick = stored.tick;
        room.scores = stored.scores;
        room.episode = stored.episode;
        room.started_ms = stored.started_ms;
        room.slips = stored.slips;
        room.events_left = stored.events_left;
        if room.humans().any(|human| human.arrived) {
            room.state = State::Paused { until: now + room.scene.grace_ms };
        }
        room.report(now, None, "recovered", format!("from tick {}", stored.tick));
        Ok(room)
    }
}
