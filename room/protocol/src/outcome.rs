//! How a game ended.

use serde::{Deserialize, Serialize};

/// How a game ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All episodes were played.
    Completed,
    /// A person left and did not come back within the grace time.
    PartnerLeft,
    /// A person never came.
    NoShow,
    /// Nobody to play with came to the lobby in time; there was no game.
    LobbyTimeout,
    /// Nobody is left.
    Abandoned,
    /// This person left and did not come back within the grace time; the others have another outcome.
    Left,
    /// This person's connection or attention was too poor; the others have another outcome.
    Excluded,
    /// A person left, and the game counts as if it had not been.
    Void,
    /// The environment failed.
    Failed,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Completed,
        Self::PartnerLeft,
        Self::NoShow,
        Self::LobbyTimeout,
        Self::Abandoned,
        Self::Left,
        Self::Excluded,
        Self::Void,
        Self::Failed,
    ];

    /// The word in the data.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::PartnerLeft => "partner_left",
            Self::NoShow => "no_show",
            Self::LobbyTimeout => "lobby_timeout",
            Self::Abandoned => "abandoned",
            Self::Left => "left",
            Self::Excluded => "excluded",
            Self::Void => "void",
            Self::Failed => "failed",
        }
    }
}
