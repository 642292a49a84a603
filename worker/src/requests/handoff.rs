//! What the worker found out about a socket before it hands it to an object. It travels in one signed header.

use footlights_env::Agent;
use footlights_experiment::{Globals, Location};
use footlights_protocol::EpochMs;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{envelope::Envelope, lobby::LobbyRequest, participant::ParticipantRequest, rooms::RoomsRequest};

/// The header that holds a signed handoff. One that a browser sends under this name is replaced.
pub(super) const HEADER: &str = "x-footlights-handoff";

/// What an object must know about a socket.
pub trait Handoff: Serialize + DeserializeOwned {
    /// The requests of the object that takes the socket.
    type Envelope: Envelope;
    /// What it is signed for, so that the handoff of one object does not pass at another.
    const PURPOSE: &'static str;
}

/// A tab of the participant's browser.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct TabHandoff {
    /// The tab's own name.
    pub tab: String,
}

impl Handoff for TabHandoff {
    type Envelope = ParticipantRequest;
    const PURPOSE: &'static str = "handoff-tab";
}

/// A participant who waits for a game.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct LobbyHandoff {
    pub experiment: String,
    pub scene: String,
    pub subject: String,
    /// Since when they have waited for this game.
    pub since: EpochMs,
    /// Those of their globals that the matchmaker needs.
    pub globals: Globals,
    pub location: Option<Location>,
    /// Path and query of the room's socket, if their game already runs.
    pub running_socket: Option<String>,
}

impl Handoff for LobbyHandoff {
    type Envelope = LobbyRequest;
    const PURPOSE: &'static str = "handoff-lobby";
}

/// A participant with a seat in a game. The worker has checked the seat ticket's signature.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct RoomHandoff {
    pub game: String,
    pub agent: Agent,
    pub subject: String,
    /// Whether it is too late to take the seat for the first time.
    pub ticket_expired: bool,
}

impl Handoff for RoomHandoff {
    type Envelope = RoomsRequest;
    const PURPOSE: &'static str = "handoff-room";
}
