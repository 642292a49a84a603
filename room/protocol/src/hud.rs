//! The panel around the picture.

use footlights_env::{Agent, HudItem};
use serde::{Deserialize, Serialize};

/// Whose scores a participant is told, in the panel and at the end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ShownScores {
    /// Everybody's.
    #[default]
    #[serde(rename = "all")]
    All,
    /// Their own.
    #[serde(rename = "own")]
    Own,
    /// Nobody's.
    #[serde(rename = "none")]
    None,
}

impl ShownScores {
    /// Whether it is what a game has that does not say.
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The scores that `agent` is told, by agent.
    #[must_use]
    pub fn of(self, scores: &[f32], agent: Agent) -> Vec<Option<f32>> {
        let is_shown = |of: usize| match self {
            Self::All => true,
            Self::Own => of == agent.index(),
            Self::None => false,
        };
        (0..).zip(scores).map(|(of, score)| is_shown(of).then_some(*score)).collect()
    }
}

/// What the page says of the result when a game is over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShownResult {
    /// That the game is over.
    #[default]
    GameOver,
    /// Who won, by the scores of a game for two that the participant is told. Without both it is as
    /// [`GameOver`](Self::GameOver), and so is a draw.
    WinOrLose,
    /// These words.
    Words(String),
}

/// The panel around the picture.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Hud {
    /// The episode, from 1.
    pub episode: u32,
    /// How many there are.
    pub episodes: u32,
    /// Score by agent; none where this participant is not told it.
    pub scores: Vec<Option<f32>>,
    /// Whole seconds until the step limit.
    pub seconds_left: u32,
    /// The environment's own lines.
    pub items: Vec<HudItem>,
}
