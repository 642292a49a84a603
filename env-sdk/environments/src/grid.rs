//! Worlds of cells.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A direction, x to the right and y down; a byte in snapshots.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "u8", from = "u8")]
pub enum Facing {
    /// Up.
    #[default]
    North,
    /// Down.
    South,
    /// Right.
    East,
    /// Left.
    West,
}

impl Facing {
    /// All of them, in the order of their bytes.
    pub const ALL: [Self; 4] = [Self::North, Self::South, Self::East, Self::West];

    /// The step to the next cell, x to the right and y down.
    #[must_use]
    pub fn step(self) -> (i8, i8) {
        match self {
            Self::North => (0, -1),
            Self::South => (0, 1),
            Self::East => (1, 0),
            Self::West => (-1, 0),
        }
    }
}

impl From<Facing> for u8 {
    fn from(facing: Facing) -> Self {
        facing as Self
    }
}

impl From<u8> for Facing {
    fn from(byte: u8) -> Self {
        Self::ALL.get(usize::from(byte)).copied().unwrap_or(Self::North)
    }
}

impl fmt::Display for Facing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::North => "north",
            Self::South => "south",
            Self::East => "east",
            Self::West => "west",
        })
    }
}
