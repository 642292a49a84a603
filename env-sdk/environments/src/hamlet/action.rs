//! What the person does.

use footlights_env::Discrete;
use serde::{Deserialize, Serialize};

/// What the person does. A walk into a wall costs as much as any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Discrete)]
pub enum Action {
    /// Walks up.
    Up,
    /// Walks down.
    Down,
    /// Walks to the left.
    Left,
    /// Walks to the right.
    Right,
    /// Uses the place in this cell. Without one, or without the money, it costs one point of energy.
    Interact,
    /// Does nothing; only where [`Config::wait`](super::Config::wait) says so.
    Wait,
}
