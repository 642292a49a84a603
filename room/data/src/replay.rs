//! A whole game as seed and actions: simulated again, anywhere, it ends in the same states.

use footlights_env::{ActionValue, Simulation, Step};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{chunk::Chunk, error::RecordError};
use footlights_experiment::{GameScene, record::GameInfo};

/// Raised with every change of [`Replay`]. Format 1 had a digest an episode, and none a step; up to format 2 the
/// fingerprint was that of the environment's default configuration. Both are still read.
pub const FORMAT: u16 = 3;
/// The first format whose fingerprint is that of the game's own configuration.
const OWN_FINGERPRINT: u16 = 3;
/// The oldest format that this build reads.
const OLDEST: u16 = 1;

/// Everything it takes to play a game again.
///
/// ```
/// use footlights_data::replay::{FORMAT, Replay, ReplayEpisode};
/// use footlights_experiment::record::GameInfo;
///
/// let registry = footlights_environments::registry();
/// let entry = registry.get("mountain-car-v0").unwrap();
/// let mut sim = entry.make_default().unwrap();
/// sim.reset(7, 0);
/// let actions: Vec<_> = (0..3).map(|_| footlights_env::conformance::random_actions(sim.as_ref(), 7).to_vec()).collect();
/// let digests: Vec<u64> = actions.iter().map(|step| { sim.step(step).unwrap(); sim.digest().unwrap() }).collect();
/// let replay = Replay {
///     format: FORMAT,
///     info: GameInfo {
///         game_id: "game".into(), experiment: "e".into(), scene: "car".into(), seed: 7, seats: Vec::new(),
///         condition: Default::default(),
///         opened_at: None,
///     },
///     environment: entry.id.into(),
///     config: "null".into(),
///     fingerprint: entry.fingerprint().unwrap(),
///     fps: 30.0,
///     episodes: vec![ReplayEpisode { episode: 0, actions, digest: digests[2], digests }],
/// };
/// let file = replay.encode().unwrap();
/// let read = Replay::decode(&file).unwrap();
/// assert_eq!(read.verify(sim.as_mut(), entry.fingerprint().unwrap()), Ok(3));
/// ```
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
    /// What the build's simulation did with [`Replay::fingerprinted_config`]: another one need not come to the same
    /// states.
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
    /// Digests of the state after each step.
    #[serde(default)]
    pub digests: Vec<u64>,
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
    /// The state after a step is another one; it is the first, if every step has a digest.
    #[error("episode {episode}, step {step}: digest {found:016x}, recorded was {recorded:016x}")]
    Differs {
        /// From 0.
        episode: u32,
        /// From 1.
        step: u32,
        /// As recorded.
        recorded: u64,
        /// As simulated now.
        found: u64,
    },
}

impl Replay {
    /// The replay of a game from its record.
    ///
    /// # Errors
    /// [`RecordError::Environment`] if the scene's environment cannot be made.
    pub fn from_record(scene: &GameScene, info: &GameInfo, record: &Chunk) -> Result<Self, RecordError> {
        let episodes = record.episodes.iter().map(|episode| {
            let rows = || record.rows.iter().filter(|row| row.episode == episode.episode);
            ReplayEpisode {
                episode: episode.episode,
                actions: rows().map(|row| row.actions.clone()).collect(),
                digest: episode.digest,
                digests: rows().map(|row| row.digest).collect(),
            }
        });
        Ok(Self {
            format: FORMAT,
            info: info.clone(),
            environment: scene.environment.id.to_owned(),
            config: scene.environment.config.to_string(),
            fingerprint: scene.environment.fingerprint()?,
            fps: scene.stepping.fps,
            episodes: episodes.collect(),
        })
    }

    /// As bytes: a file of a replay.
    ///
    /// # Errors
    /// [`RecordError::Unwritable`] if a part does not serialise; there is no file then.
    pub fn encode(&self) -> Result<Vec<u8>, RecordError> {
        rmp_serde::to_vec_named(self).map_err(|error| RecordError::Unwritable(error.to_string()))
    }

    /// From bytes.
    ///
    /// # Errors
    /// [`ReplayError::Unreadable`] if they are not a replay, or one of a format that this build does not read.
    pub fn decode(bytes: &[u8]) -> Result<Self, ReplayError> {
        let replay: Self =
            rmp_serde::from_slice(bytes).map_err(|e| ReplayError::Unreadable(e.to_string()))?;
        match replay.format {
            OLDEST..=FORMAT => Ok(replay),
            other => {
                Err(ReplayError::Unreadable(format!("format {other}, this build reads {OLDEST} to {FORMAT}")))
            }
        }
    }

    /// The environment's configuration.
    pub fn config(&self) -> Value {
        serde_json::from_str(&self.config).unwrap_or(Value::Null)
    }

    /// The configuration that the fingerprint is of: the game's own, or in files of an older format the environment's
    /// default, which is null.
    #[must_use]
    pub fn fingerprinted_config(&self) -> Value {
        if self.format < OWN_FINGERPRINT { Value::Null } else { self.config() }
    }

    /// Plays everything again on `sim`, made with [`Replay::config`], whose build has fingerprint `here` for
    /// [`Replay::fingerprinted_config`]. Returns the number of steps.
    ///
    /// # Errors
    /// [`ReplayError::OtherBuild`] before anything is played; otherwise the first step that fails or differs.
    pub fn verify(&self, sim: &mut dyn Simulation, here: u64) -> Result<u32, ReplayError> {
        if here != self.fingerprint {
            let environment = self.environment.clone();
            return Err(ReplayError::OtherBuild { environment, recorded: self.fingerprint, here });
        }
        let mut steps = 0;
        for (place, episode) in self.episodes.iter().enumerate() {
            self.start(sim, place)?;
            for step in (1..).take(episode.actions.len()) {
                self.step(sim, place, step)?;
                steps += 1;
            }
        }
        Ok(steps)
    }

    /// Resets `sim` for the episode at `place`, and compares the digest of one that has no steps.
    ///
    /// # Errors
    /// [`ReplayError::Differs`] if that digest is another one.
    pub fn start(&self, sim: &mut dyn Simulation, place: usize) -> Result<(), ReplayError> {
        let Some(episode) = self.episodes.get(place) else { return Ok(()) };
        sim.reset(self.info.seed, episode.episode);
        if episode.actions.is_empty() { episode.compare(sim, 0, episode.digest) } else { Ok(()) }
    }

    /// Plays one step, from 1, of the episode at `place` on `sim`, which is in the state before it. After
    /// [`ReplayError::Differs`] the step has been taken.
    ///
    /// # Errors
    /// [`ReplayError::Step`] if there is no such step or the environment refuses it, [`ReplayError::Differs`] if the
    /// state after it has another digest.
    pub fn step(&self, sim: &mut dyn Simulation, place: usize, step: u32) -> Result<Step, ReplayError> {
        let gone = |episode, why: &str| ReplayError::Step { episode, step, why: why.to_owned() };
        let episode =
            self.episodes.get(place).ok_or_else(|| gone(place as u32, "there is no such episode"))?;
        let before = (step as usize).saturating_sub(1);
        let actions =
            episode.actions.get(before).ok_or_else(|| gone(episode.episode, "there is no such step"))?;
        let taken = sim.step(actions).map_err(|error| gone(episode.episode, &error.to_string()))?;
        if let Some(recorded) = episode.digests.get(before) {
            episode.compare(sim, step, *recorded)?;
        }
        if step as usize == episode.actions.len() {
            episode.compare(sim, step, episode.digest)?;
        }
        Ok(taken)
    }
}

impl ReplayEpisode {
    fn compare(&self, sim: &dyn Simulation, step: u32, recorded: u64) -> Result<(), ReplayError> {
        // A state that is not finite has no digest, and is recorded as 0.
        let found = sim.digest().unwrap_or(0);
        if found == recorded {
            return Ok(());
        }
        Err(ReplayError::Differs { episode: self.episode, step, recorded, found })
    }
}

#[cfg(test)]
mod tests {
    use footlights_env::conformance;

    use super::*;

    /// Thirty random steps of an episode, and the simulation that made them.
    fn game() -> (Replay, Box<dyn Simulation>, u64) {
        let registry = footlights_environments::registry();
        let entry = registry.get("slime-volleyball-v0").unwrap();
        let (mut sim, here) = (entry.make_default().unwrap(), entry.fingerprint().unwrap());
        sim.reset(9, 0);
        let mut episode = ReplayEpisode { episode: 0, actions: Vec::new(), digest: 0, digests: Vec::new() };
        for _ in 0..30 {
            let actions = conformance::random_actions(sim.as_ref(), 9);
            sim.step(&actions).unwrap();
            episode.actions.push(actions.to_vec());
            episode.digests.push(sim.digest().unwrap());
        }
        episode.digest = sim.digest().unwrap();
        let info = GameInfo {
            game_id: "g".into(),
            experiment: "e".into(),
            scene: "s".into(),
            seed: 9,
            seats: Vec::new(),
            condition: Default::default(),
            opened_at: None,
        };
        let replay = Replay {
            format: FORMAT,
            info,
            environment: entry.id.into(),
            config: "null".into(),
            fingerprint: here,
            fps: 30.0,
            episodes: vec![episode],
        };
        (replay, sim, here)
    }

    #[test]
    fn a_changed_action_is_found_at_its_step() {
        let (mut replay, mut sim, here) = game();
        assert_eq!(replay.verify(sim.as_mut(), here), Ok(30));
        let changed = &mut replay.episodes[0].actions[4][0];
        // To the net, or away from it; five steps from the start there is room for both.
        *changed = ActionValue::Discrete(if *changed == ActionValue::Discrete(1) { 5 } else { 1 });
        match replay.verify(sim.as_mut(), here) {
            Err(ReplayError::Differs { episode: 0, step: 5, .. }) => {}
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_file_of_an_older_build_is_read_or_says_why_not() {
        let (replay, mut sim, here) = game();
        let edited = |edit: fn(&mut Value)| {
            let mut value = serde_json::to_value(&replay).unwrap();
            edit(&mut value);
            Replay::decode(&rmp_serde::to_vec_named(&value).unwrap())
        };
        let first = edited(|value| {
            value["format"] = 1.into();
            value["episodes"][0].as_object_mut().unwrap().remove("digests");
        });
        assert_eq!(first.unwrap().verify(sim.as_mut(), here), Ok(30));
        // Before format 3 the fingerprint was of the default configuration, whatever the game's own was.
        let second = edited(|value| {
            value["format"] = 2.into();
            value["config"] = r#"{"lives":3}"#.into();
        });
        let (second, third) =
            (second.unwrap(), edited(|value| value["config"] = r#"{"lives":3}"#.into()).unwrap());
        assert_eq!(second.fingerprinted_config(), Value::Null);
        assert_eq!(third.fingerprinted_config(), third.config());
        let later = edited(|value| value["format"] = 9.into()).unwrap_err().to_string();
        assert_eq!(later, "not a replay this build can read: format 9, this build reads 1 to 3");
        let other = replay.verify(sim.as_mut(), here ^ 1).unwrap_err().to_string();
        assert!(
            other.contains("recorded with simulation") && other.contains("slime-volleyball-v0"),
            "{other}"
        );
        let broken = Replay::decode(b"not a replay").unwrap_err().to_string();
        assert!(broken.starts_with("not a replay this build can read"), "{broken}");
    }
}
