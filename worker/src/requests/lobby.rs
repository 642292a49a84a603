//! Requests to a lobby.

use serde::{Deserialize, Serialize};

use super::envelope::object_requests;

/// A game of the lobby's scene is over.
#[derive(Debug, Serialize, Deserialize)]
pub struct GameEnded {
    pub game: String,
}

object_requests! {
    /// What the lobby of a game scene takes.
    LobbyRequest to Lobby {
        GameEnded -> (),
    }
}
