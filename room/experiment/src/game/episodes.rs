//! How many episodes a game has, and how long they are.

use footlights_protocol::{ShownResult, ShownScores};
use serde::Serialize;

/// How many episodes a game has, and how long they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Episodes {
    /// How many episodes are played.
    #[serde(rename = "episodes")]
    pub count: u32,
    /// The longest episode, in steps, if it is shorter than the environment's.
    pub max_steps: Option<u32>,
    /// Whether the score goes on from episode to episode.
    pub carry_score: bool,
    /// Whose scores participants are told.
    pub shown_scores: ShownScores,
    /// What the page says of the result.
    #[serde(skip_serializing_if = "is_game_over")]
    pub shown_result: ShownResult,
    /// The countdown before an episode.
    pub countdown_ms: u64,
    /// How long after its opening the game ends, whatever the episodes say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_limit_ms: Option<u64>,
}

fn is_game_over(shown: &ShownResult) -> bool {
    *shown == ShownResult::GameOver
}

impl Default for Episodes {
    fn default() -> Self {
        Self {
            count: 1,
            max_steps: None,
            carry_score: true,
            shown_scores: ShownScores::All,
            shown_result: ShownResult::GameOver,
            countdown_ms: 3_000,
            time_limit_ms: None,
        }
    }
}

impl Episodes {
    pub(super) fn validate(&self) -> Result<(), (&'static str, String)> {
        let zero = |option| Err((option, "must be at least 1".to_owned()));
        match self {
            Self { count: 0, .. } => zero("episodes"),
            Self { max_steps: Some(0), .. } => zero("max_steps"),
            Self { .. } => Ok(()),
        }
    }
}
