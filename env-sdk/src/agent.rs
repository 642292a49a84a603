//! Agents, and one value an agent.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// An agent, by its index; its id is `player_{index}`.
///
/// ```
/// use footlights_env::Agent;
///
/// assert_eq!(Agent(1).to_string(), "player_1");
/// assert_eq!(Agent::parse("player_1"), Some(Agent(1)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Agent(pub u8);

impl Agent {
    /// The index as a position in per-agent lists.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The agent whose id is `player_{n}`.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        id.strip_prefix("player_")?.parse().ok().map(Self)
    }
}

impl std::fmt::Display for Agent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "player_{}", self.0)
    }
}

/// One value per agent, in the agents' order; on the stack for up to four.
pub type PerAgent<T> = SmallVec<[T; 4]>;
