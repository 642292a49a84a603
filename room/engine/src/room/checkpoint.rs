//! Where to go on from when the process is lost.

use footlights_data::event::EventKind;
use footlights_env::Agent;
use serde::{Deserialize, Serialize};

use super::{Gone, Holder, Hooked, Room, RoomError, State};
use footlights_experiment::{
    DropoutRule, GameScene, make_policy,
    record::{EpisodeRecord, GameInfo},
};

/// Everything of a room that its scene, its ids and its stored chunks do not tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Ticks since the game began; rows up to this one are stored.
    pub tick: u32,
    #[serde(with = "serde_bytes")]
    timeline: Vec<u8>,
    totals: Vec<f64>,
    episode: EpisodeRecord,
    started_ms: u64,
    slips: u32,
    events_left: u32,
    seats: Vec<SeatCheckpoint>,
    /// The tag of the last tick, see `durable`.
    tag: u64,
    /// When the last tick was decided, epoch ms.
    decided_ms: u64,
    /// What the scene's hooks saved; nothing if there are none.
    hooks: Option<Vec<u8>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct SeatCheckpoint {
    arrived: bool,
    #[serde(with = "serde_bytes")]
    policy: Vec<u8>,
    gone: Option<Gone>,
    /// For how long the person has held up the game, ms.
    #[serde(default)]
    held_up_ms: u64,
}

impl Room {
    pub(super) fn checkpoint(&self) -> Result<Vec<u8>, RoomError> {
        let seats = self.seats.iter().map(|seat| SeatCheckpoint {
            arrived: seat.human().is_some_and(|human| human.arrived),
            policy: match &seat.holder {
                Holder::Policy(policy) => policy.save(),
                Holder::Human(_) => Vec::new(),
            },
            gone: seat.gone.clone(),
            held_up_ms: seat.human().map_or(0, |human| human.held_up_ms),
        });
        let checkpoint = Checkpoint {
            tick: self.tick(),
            timeline: self.timeline.save()?,
            totals: self.totals.clone(),
            episode: self.episode.clone(),
            started_ms: self.started_ms,
            slips: self.slips,
            events_left: self.events_left,
            seats: seats.collect(),
            tag: self.tag,
            decided_ms: self.decided_ms,
            hooks: self.hooks.as_ref().map(Hooked::save),
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
        room.timeline.load(&stored.timeline)?;
        for (agent, (seat, saved)) in (0u8..).map(Agent).zip(room.seats.iter_mut().zip(stored.seats)) {
            seat.gone = saved.gone;
            if let (true, DropoutRule::Replace(by)) = (seat.is_vacant(), &scene.on_dropout)
                && let Some(policy) = make_policy(by, agent, room.timeline.sim())?
            {
                seat.holder = Holder::Policy(policy);
            }
            match &mut seat.holder {
                Holder::Policy(policy) => policy.load(&saved.policy)?,
                Holder::Human(human) => {
                    human.arrived = saved.arrived;
                    human.back_by = now + scene.grace_ms;
                    human.held_up_ms = saved.held_up_ms;
                }
            }
        }
        room.totals = stored.totals;
        room.episode = stored.episode;
        room.started_ms = stored.started_ms;
        room.slips = stored.slips;
        room.events_left = stored.events_left;
        room.tag = stored.tag;
        room.decided_ms = stored.decided_ms;
        (room.persisted, room.announced_persisted) = (stored.tick, stored.tick);
        let played = room.timeline.sim().tick() > 0;
        if let Some(alone) = &mut room.alone {
            alone.restored(stored.tick, played, now);
        }
        if room.people().any(|human| human.arrived) {
            room.state = State::Paused { until: now + room.scene.grace_ms };
            room.paused_ms = Some(now);
        }
        room.report(now, None, EventKind::Recovered, format!("from tick {}", stored.tick));
        room.restore_hooks(now, stored.hooks.as_deref());
        let gone: Vec<Agent> = room
            .agents()
            .zip(&room.seats)
            .filter(|(_, seat)| seat.gone.is_some())
            .map(|(agent, _)| agent)
            .collect();
        room.release(&gone);
        Ok(room)
    }

    /// Hooks go on counting where they were; what they cannot read, they count anew.
    fn restore_hooks(&mut self, now: u64, saved: Option<&[u8]>) {
        let loaded = match (&mut self.hooks, saved) {
            (Some(hooks), Some(saved)) => hooks.load(saved),
            (Some(_), None) => Err("the checkpoint is older than the scene's hooks".into()),
            (None, _) => Ok(()),
        };
        if let Err(error) = loaded {
            self.report(now, None, EventKind::HooksFailed, error);
            self.hooks = Hooked::open(&self.scene, self.episode.episode, &self.episode.initial_observations);
        }
    }
}
