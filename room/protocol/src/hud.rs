//! The panel around the picture.

use footlights_env::HudItem;
use serde::{Deserialize, Serialize};

/// The panel around the picture.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Hud {
    /// The episode, from 1.
    pub episode: u32,
    /// How many there are.
    pub episodes: u32,
    /// Score by agent.
    pub scores: Vec<f32>,
    /// Whole seconds until the step limit.
    pub seconds_left: u32,
    /// The environment's own lines.
    pub items: Vec<HudItem>,
}
