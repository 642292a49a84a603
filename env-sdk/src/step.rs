//! What one step returns.

use serde::{Deserialize, Serialize};

use crate::agent::{Agent, PerAgent};

/// A number that a step reports about one agent, beside its reward.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Info {
    /// The agent that it is about.
    pub agent: Agent,
    /// Its name, one of [`Labels::infos`](crate::Labels::infos); a column `infos.{agent}.{key}` in the data.
    pub key: &'static str,
    /// Its value.
    pub value: f64,
}

/// What one step returns. Lists have one entry an agent.
///
/// ```
/// use footlights_env::{Agent, Step};
///
/// // One agent, or several whose episode ends together.
/// assert!(!Step::solo(-1.0, false).done());
/// let step = Step::all([1.0, -1.0], true).info(Agent(0), "hits", 3.0);
/// assert!(step.done() && step.rewards[1] == -1.0);
/// // Every agent has an end of its own.
/// assert!(!Step::each([0.0, 0.0], [true, false]).done());
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Step {
    /// Rewards of this step.
    pub rewards: PerAgent<f32>,
    /// The episode reached its end for that agent.
    pub terminated: PerAgent<bool>,
    /// The episode was cut for that agent by a limit outside the task. [`Sim`](crate::Sim) sets it at the step limit.
    pub truncated: PerAgent<bool>,
    /// Diagnostics; usually empty.
    pub infos: Vec<Info>,
}

impl Step {
    /// The step of an environment with one agent.
    #[must_use]
    pub fn solo(reward: f32, terminated: bool) -> Self {
        Self::all([reward], terminated)
    }

    /// A step in which the episode ends for all agents or for none; one reward an agent.
    #[must_use]
    pub fn all(rewards: impl IntoIterator<Item = f32>, terminated: bool) -> Self {
        Self::each(rewards, std::iter::repeat(terminated))
    }

    /// A step in which the episode may end for some agents and not for others; as many ends as rewards.
    #[must_use]
    pub fn each(rewards: impl IntoIterator<Item = f32>, terminated: impl IntoIterator<Item = bool>) -> Self {
        let rewards: PerAgent<f32> = rewards.into_iter().collect();
        let terminated = terminated.into_iter().take(rewards.len()).collect();
        let truncated = std::iter::repeat_n(false, rewards.len()).collect();
        Self { rewards, terminated, truncated, infos: Vec::new() }
    }

    /// Reports a number about an agent; `key` must be one of [`Labels::infos`](crate::Labels::infos).
    #[must_use]
    pub fn info(mut self, agent: Agent, key: &'static str, value: f64) -> Self {
        self.infos.push(Info { agent, key, value });
        self
    }

    /// Whether the episode is over for all agents.
    #[must_use]
    pub fn done(&self) -> bool {
        self.terminated.iter().zip(&self.truncated).all(|(a, b)| *a || *b)
    }

    /// Cuts the episode for all agents that have not reached its end.
    pub(crate) fn truncate(&mut self) {
        for (truncated, terminated) in self.truncated.iter_mut().zip(&self.terminated) {
            *truncated |= !terminated;
        }
    }
}
