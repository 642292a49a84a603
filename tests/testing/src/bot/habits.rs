//! How a bot behaves where its plan says nothing.

use super::style::Style;

/// How a bot behaves where the plan says nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Habits {
    /// The longest look at a page, ms.
    pub reading_ms: f64,
    /// What it does in games.
    pub style: Style,
    /// How often it changes the keys that it holds while a game runs, on average.
    pub key_changes_per_second: f64,
    /// How often a check is answered wrong, 0 to 1.
    pub fail_checks: f64,
}

impl Default for Habits {
    /// Somebody who reads for a second at most, plays with other keys three times a second and knows every answer.
    fn default() -> Self {
        Self { reading_ms: 1_000.0, style: Style::Random, key_changes_per_second: 3.0, fail_checks: 0.0 }
    }
}
