//! Between a browser and a lobby.

use serde::{Deserialize, Serialize};

/// Lobby to browser.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum LobbyToClient {
    /// How it stands; sent when it changes and every few seconds.
    #[serde(rename = "w")]
    Waiting {
        /// How many are here, this one included.
        here: u32,
        /// How many it takes.
        needed: u32,
        /// For how long this one has waited, ms.
        waited_ms: u32,
        /// After how long waiting ends, ms.
        limit_ms: u32,
        /// Whether as many games run as may: nobody is matched before one of them is over.
        full: bool,
    },
    /// There is a group: everybody must say that they are there. Sent when it changes and every few seconds.
    #[serde(rename = "c")]
    ReadyCheck {
        /// For how long that is possible, ms.
        remaining_ms: u32,
        /// How many have said so.
        ready: u32,
        /// How many it takes.
        needed: u32,
        /// Whether this one has said so.
        mine: bool,
    },
    /// The answer to a ping, at once.
    #[serde(rename = "p")]
    Pong,
    /// Go to this room now.
    #[serde(rename = "m")]
    Matched {
        /// Path and query of the room's socket, with the seat ticket in it.
        socket: String,
    },
    /// Nobody came in time.
    #[serde(rename = "t")]
    TimedOut {
        /// For the participant.
        message: String,
    },
    /// The lobby will not have this connection.
    #[serde(rename = "x")]
    Refused {
        /// The close code that follows.
        code: u16,
        /// For the participant.
        reason: String,
    },
}

/// Browser to lobby.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum ClientToLobby {
    /// Still waiting.
    #[serde(rename = "p")]
    Ping {
        /// The last measured round trip, ms; 0 before the first.
        rtt: f32,
    },
    /// Here, and ready to play.
    #[serde(rename = "r")]
    Ready,
}
