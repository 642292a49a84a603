//! A whole game as seed and actions: simulated again, anywhere, it ends in the same states.

use env_sdk::{ActionValue, Simulation};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    experiment::GameScene,
    record::{Chunk, GameInfo, RecordError},
};

/// Raised with every change of [`Replay`].
pub const FORMAT: u16 = 1;

/// Everything it takes to play a game again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Replay {
    /// [`FORMAT`].
    pub format: u16,
    /// Which game it was.
    pub info: GameInfo,
    /// The environment's id.
    pub environment: String,
    /// The environment's configuration, as JSON text.
    pub config: String,
    /// What the build's simulation did: another one need not come to the same states.
    pub fingerprint: u64,
    /// Ticks a second.
    pub fps: f32,
    /// The episodes, in order.
    pub episodes: Vec<ReplayEpisode>,
}

/// One episode of a replay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplayEpisode {
    /// From 0.
    pub episode: u32,
    /// Actions by step and agent.
    pub actions: Vec<Vec<ActionValue>>,
    /// Digest of the state after the last step.
    pub digest: u64,
}

/// What does not fit when a game is played again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// The file is not a replay, or of another format.
    #[error("not a replay this build can read: {0}")]
    Unreadable(String),
    /// The simulation is not the one that was recorded.
    #[error("recorded with simulation {recorded:016x} of {environment}, this build has {here:016x}")]
    OtherBuild {
        /// The environment's id.
        environment: String,
        /// The recorded fingerprint.
        recorded: u64,
        /// This build's.
        here: u64,
    },
    /// A step fails.
    #[error("episode {episode}, step {step}: {why}")]
    Step {
        /// From 0.
        episode: u32,
        /// From 1.
        step: u32,
        /// What the environment said.
        why: String,
    },
    /// The state after an episode is another one.
    #[error("episode {episode}: digest {found:016x} after {steps} steps, recorded was {recorded:016x}")]
    Differs {
        /// From 0.
        episode: u32,
        /// How many steps it has.
        steps: usize,
        /// As recorded.
        recorded: u64,
        /// As simulated now.
        found: u64,
    },
}

impl Replay {
    /// The replay of a game from its record.
    pub fn of(scene: &GameScene, info: &GameInfo, record: &Chunk) -> Result<Self, RecordError> {
        let episodes = record.episodes.iter().map(|episode| ReplayEpisode {
            episode: episode.episode,
            actions: record
                .rows
                .iter()
                .filter(|row| row.episode == episode.episode)
                .map(|row| row.actions.clone())
                .collect(),
            digest: episode.digest,
        });
        Ok(Self {
            format: FORMAT,
            info: info.clone(),
            environment: scene.environment.id.to_owned(),
            config: scene.environment.config.to_string(),
            fingerprint: scene.environment.fingerprint()?,
            fps: scene.fps,
            episodes: episodes.collect(),
        })
    }

    /// As bytes.
    pub fn encode(&self) -> Vec<u8> {
        rmp_serde::to_vec_named(self).unwrap_or_default()
    }

    /// From bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, ReplayError> {
        let replay: Self =
            rmp_serde::from_slice(bytes).map_err(|e| ReplayError::Unreadable(e.to_string()))?;
        match replay.format {
            FORMAT => Ok(replay),
            other => Err(ReplayError::Unreadable(format!("format {other}, this build reads {FORMAT}"))),
        }
    }

    /// The environment's configuration.
    pub fn config(&self) -> Value {
        serde_json::from_str(&self.config).unwrap_or(Value::Null)
    }

    /// Plays everything again on `sim`, made with [`Replay::config`], whose build has fingerprint `here`. Returns the
    /// number of steps.
    pub fn verify(&self, sim: &mut dyn Simulation, here: u64) -> Result<u32, ReplayError> {
        if here != self.fingerprint {
            let environment = self.environment.clone();
            return Err(ReplayError::OtherBuild { environment, recorded: self.fingerprint, here });
        }
        let mut steps = 0;
        for episode in &self.episodes {
            sim.reset(self.info.seed, episode.episode);
            for (step, actions) in (1..).zip(&episode.actions) {
                let failed = |e: env_sdk::EnvError| ReplayError::Step {
                    episode: episode.episode,
                    step,
                    why: e.to_string(),
                };
                sim.step(actions).map_err(failed)?;
                steps += 1;
            }
            let found = sim.digest().unwrap_or(0);
            if found != episode.digest {
                return Err(ReplayError::Differs {
                    episode: episode.episode,
                    steps: episode.actions.len(),
                    recorded: episode.digest,
                    found,
                });
            }
        }
        Ok(steps)
    }
}
