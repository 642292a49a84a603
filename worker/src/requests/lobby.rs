//! Requests to a lobby.

use serde::{Deserialize, Serialize};

use footlights_experiment::{Globals, Location};

use super::envelope::object_requests;

/// A game of the lobby's scene is over.
#[derive(Debug, Serialize, Deserialize)]
pub struct GameEnded {
    pub game: String,
}

/// Opens a room for somebody who plays alone: they are given their seat with the page, and wait nowhere. The reply is the path
/// and query of the seat's socket.
#[derive(Debug, Serialize, Deserialize)]
pub struct PlayAlone {
    pub experiment: String,
    pub scene: String,
    pub subject: String,
    pub globals: Globals,
    pub location: Option<Location>,
}

object_requests! {
    /// What the lobby of a game scene takes.
    LobbyRequest to Lobby {
        GameEnded -> (),
        PlayAlone -> String,
    }
}
