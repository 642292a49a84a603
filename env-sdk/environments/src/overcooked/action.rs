//! What a cook does.

use footlights_env::Discrete;

use crate::grid::Facing;

/// What a cook does, in the reference's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Discrete)]
#[allow(missing_docs)]
pub enum Action {
    North,
    South,
    East,
    West,
    Stay,
    Interact,
}

impl Action {
    /// Those that turn the cook.
    pub const MOVES: [Self; 4] = [Self::North, Self::South, Self::East, Self::West];

    /// The move that turns the cook there.
    #[must_use]
    pub fn towards(facing: Facing) -> Self {
        match facing {
            Facing::North => Self::North,
            Facing::South => Self::South,
            Facing::East => Self::East,
            Facing::West => Self::West,
        }
    }

    /// Where it turns the cook to, if it is a move.
    #[must_use]
    pub fn facing(self) -> Option<Facing> {
        Some(match self {
            Self::North => Facing::North,
            Self::South => Facing::South,
            Self::East => Facing::East,
            Self::West => Facing::West,
            Self::Stay | Self::Interact => return None,
        })
    }
}
