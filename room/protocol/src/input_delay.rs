//! By how much own keys are delayed where browsers simulate.

use serde::{Deserialize, Serialize};

/// How many ticks later than it is pressed a key counts, where browsers simulate. What is predicted is shorter by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputDelay {
    /// Always so many.
    Fixed(u32),
    /// As many as it takes that no more than half of the prediction window is usually predicted; at most `most`. Grows
    /// at once, shrinks by one tick every two seconds.
    Adaptive {
        /// Never more than this.
        most: u32,
    },
}
