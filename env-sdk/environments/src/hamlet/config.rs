//! What an experiment may choose.

use serde::{Deserialize, Serialize};

/// Cells of a side.
pub const SIDE: u8 = 8;

/// Which version of the world is played.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    /// Eight places; a low mood ends the episode, and loneliness lowers the mood.
    #[default]
    Mood,
    /// Seven places (no gym); stress rises and costs reward, and does not end the episode.
    Stress,
}

/// What an experiment may choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Which version of the world is played.
    pub variant: Variant,
    /// The most steps of an episode. The world has no limit of its own; the original's trainer stops at 500.
    pub max_steps: u32,
    /// Adds the action `wait`, in which time passes and nothing else happens: for people, who need not act in every step.
    pub wait: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { variant: Variant::Mood, max_steps: 500, wait: false }
    }
}
