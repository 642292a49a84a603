//! What viewers of a training run are told, as JSON in the layout of the Hamlet metaserver.

use std::collections::BTreeMap;

use footlights_env::{Overview, Preferences};
use footlights_learn::run::{Finished, Game};
use serde::{Deserialize, Serialize};

use super::publication::Moment;
use crate::{
    heat::{Heat, Shares},
    message::{Affordance, ByAgent, Standing, Status, World},
    player::Played,
};

/// A message.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Told<'a> {
    TrainingStatus {
        is_training: bool,
        is_paused: bool,
        current_episode: u32,
        total_episodes: u32,
        run: &'a str,
        /// What is learnt; none while nothing is.
        environment: Option<&'a str>,
    },
    /// For who comes late: the episodes so far.
    History {
        episodes: &'a [Episode],
    },
    TrainingStarted {
        num_episodes: u32,
        environment: &'a str,
    },
    EpisodeStart {
        episode: u32,
        epsilon: f32,
    },
    StateUpdate(Box<Update<'a>>),
    EpisodeComplete(&'a Complete),
    CheckpointSaved {
        model: &'a str,
        episode: u32,
    },
    TrainingComplete {
        /// None, if a trainer elsewhere has it.
        #[serde(skip_serializing_if = "Option::is_none")]
        model_saved: Option<&'a str>,
        final_avg_reward: f64,
        final_avg_length: f64,
        stopped: bool,
    },
    Paused {},
    Resumed {},
    /// Numbers that a trainer elsewhere tells.
    Metrics {
        step: u64,
        values: &'a BTreeMap<String, f64>,
    },
    /// For who comes late: those numbers so far.
    MetricsHistory {
        series: &'a BTreeMap<String, Vec<Point>>,
    },
    /// Which moment the picture that follows shows.
    Frame {
        #[serde(flatten)]
        moment: &'a Moment,
    },
    /// The connection of a trainer elsewhere is lost, or is there again.
    Trainer {
        connected: bool,
    },
    Error {
        message: &'a str,
    },
}

/// What a trainer elsewhere is told.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Answer<'a> {
    /// Its run is the one that is watched now.
    Accepted {
        run: &'a str,
        viewers: usize,
        /// The number of the last message that was heard before.
        heard: u64,
    },
    /// What was said up to that number is stored.
    Kept {
        number: u64,
    },
    /// A model is stored, and can be watched.
    Stored {
        model: &'a str,
    },
    /// A model cannot be stored, and why.
    NotStored {
        model: &'a str,
        message: &'a str,
    },
    /// Who has the token wants it to wait, to go on, or to end.
    Pause {},
    Resume {},
    Stop {},
    Pong {
        viewers: usize,
    },
    Error {
        message: &'a str,
    },
}

impl Answer<'_> {
    pub fn json(&self) -> String {
        // Nothing in a message can fail to be written.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A number at a step of a training.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point(pub u64, pub f64);

impl Told<'_> {
    pub fn json(&self) -> String {
        // Nothing in a message can fail to be written.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// An episode as charts have it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    pub episode: u32,
    pub reward: f64,
    pub length: u32,
    pub loss: f64,
    pub epsilon: f32,
    pub failure_reason: Option<String>,
    /// Whether the reward is that of an agent who played with earlier selves.
    #[serde(default)]
    pub against_past: bool,
}

/// An episode that is over.
#[derive(Serialize)]
pub struct Complete {
    pub episode: u32,
    pub reward: f64,
    pub length: u32,
    pub loss: f64,
    pub epsilon: f32,
    pub avg_reward_5: f64,
    pub avg_length_5: f64,
    pub avg_loss_5: f64,
    pub buffer_size: usize,
    pub failure_reason: Option<String>,
    pub against_past: bool,
}

#[derive(Serialize)]
pub struct Update<'a> {
    episode: u32,
    step: u32,
    action: crate::message::Action<'a>,
    reward: f64,
    cumulative_reward: f64,
    done: bool,
    grid: Size,
    agents: Vec<Standing<'a>>,
    agent_meters: ByAgent<Status<'a>>,
    affordances: Vec<Affordance>,
    heat_map: Shares<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    q_values: Option<&'a [f32]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    probabilities: Option<&'a [f32]>,
}

#[derive(Serialize)]
struct Size {
    width: f32,
    height: f32,
}

/// The message after a step of an episode that is shown.
pub fn update(
    game: &Game,
    preferences: Preferences,
    heat: &Heat,
    actions: &[Vec<&'static str>],
) -> Option<String> {
    let (chosen, step) = game.last.clone()?;
    let played = Played { actions: chosen, step, preferences: Some(preferences) };
    let overview: Overview = game.sim.overview();
    let spec = game.sim.spec();
    let world = World { overview: &overview, played: Some(&played), actions, viewport: spec.viewport };
    let (q_values, probabilities) = played.told();
    let update = Update {
        episode: game.episode,
        step: game.sim.tick(),
        action: crate::message::Action(&played.actions),
        reward: world.reward(0),
        cumulative_reward: game.totals.first().copied().unwrap_or_default(),
        done: played.step.done(),
        grid: Size { width: spec.viewport.width, height: spec.viewport.height },
        agents: world.standing(),
        agent_meters: world.statuses(spec.agents.len()),
        affordances: world.affordances(),
        heat_map: heat.shares(),
        q_values,
        probabilities,
    };
    Some(Told::StateUpdate(Box::new(update)).json())
}

impl From<&Finished> for Episode {
    fn from(finished: &Finished) -> Self {
        Self {
            episode: finished.episode,
            reward: finished.reward(),
            length: finished.length,
            loss: finished.loss,
            epsilon: finished.epsilon,
            failure_reason: finished.failure.map(str::to_owned),
            against_past: finished.against_past.is_some(),
        }
    }
}
