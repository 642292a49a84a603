//! What travels between a browser and an object: MessagePack, compact form, one binary message at a time.
//!
//! A message is a map with one short key that names it and an array of its fields. Sizes are checked before anything is
//! decoded, and a message that does not decode is an error with a close code, never a panic.

mod lobby;
mod seat;
mod tab;
#[cfg(test)]
mod tests;

use footlights_env::{Agent, msgpack};
use serde::{Serialize, de::DeserializeOwned};

use crate::{EpochMs, Tick, timeline::Move};

pub use lobby::{ClientToLobby, LobbyToClient};
pub use seat::{
    ClientToRoom, ConfirmedTick, Frame, KeyChange, Phase, Presence, RenderReport, RoomToClient, SeatName,
    SimulationSetup, Status, TickReport, Welcome,
};
pub use tab::{ClientToTabLease, TabLeaseToClient};

/// Raised with every change of the messages of rooms; `tests/edge/participant.mjs` has it, too.
///
/// Rooms compare it in `Hello`. Lobbies and tab leases do not: a page of another version talks to them as well, so their
/// messages may be added to, but not changed.
pub const VERSION: u16 = 7;
/// The longest message a browser may send, in bytes.
pub const MAX_FROM_BROWSER: usize = 512;
/// The longest message an object may send, in bytes.
pub const MAX_TO_BROWSER: usize = 1 << 20;

/// Why a socket was closed, in the range RFC 6455 leaves to applications. The browser says each in its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum CloseCode {
    /// A message did not decode, or came at the wrong time.
    Malformed = 4001,
    /// A message was longer than [`MAX_FROM_BROWSER`].
    TooLarge = 4002,
    /// More messages than a person can cause.
    TooFrequent = 4003,
    /// The ticket is forged, stale or for another room.
    Ticket = 4004,
    /// Another protocol version or another simulation: the page is older or newer than the deployment.
    Mismatch = 4005,
    /// The same participant connected again elsewhere.
    Replaced = 4006,
    /// The game is over.
    Over = 4007,
    /// Silent for too long.
    Silent = 4008,
    /// The object lost its storage or its configuration; nothing the browser can do.
    Unavailable = 4009,
    /// Did not say in time, in a lobby's ready check, that they were there.
    NotReady = 4010,
}

impl CloseCode {
    /// The number in the close frame.
    pub fn code(self) -> u16 {
        self as u16
    }

    /// Whether a number is one of these.
    pub fn is_known(code: u16) -> bool {
        (Self::Malformed.code()..=Self::NotReady.code()).contains(&code)
    }
}

/// Why a message was not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Longer than allowed.
    #[error("a message of {found} bytes, at most {most} are allowed")]
    TooLarge {
        /// Its length.
        found: usize,
        /// The limit.
        most: usize,
    },
    /// Not MessagePack, or not one of ours.
    #[error("a message that cannot be read: {0}")]
    Malformed(String),
}

impl WireError {
    /// The close code it deserves.
    pub fn close_code(&self) -> CloseCode {
        match self {
            Self::TooLarge { .. } => CloseCode::TooLarge,
            Self::Malformed(_) => CloseCode::Malformed,
        }
    }
}

/// A message that travels. Encoding one cannot fail: it is made of numbers, texts, bytes and lists whose length is known,
/// and of derived implementations of [`Serialize`]. Tests encode every variant of every one.
pub trait WireMessage: Serialize {}

impl WireMessage for ClientToRoom {}
impl WireMessage for RoomToClient {}
impl WireMessage for ClientToLobby {}
impl WireMessage for LobbyToClient {}
impl WireMessage for ClientToTabLease {}
impl WireMessage for TabLeaseToClient {}
/// A receipt, before it is sealed.
impl WireMessage for Vec<u32> {}
/// A decided tick as the tags of receipts see it: the tag before it, the tick, when it was decided and the moves.
impl WireMessage for (u64, Tick, EpochMs, &[(Agent, Move)]) {}

/// A message as bytes.
pub fn encode<T: WireMessage>(message: &T) -> Vec<u8> {
    match msgpack::encode(message) {
        Ok(bytes) => bytes,
        Err(_) => {
            // Readers would refuse it as malformed.
            debug_assert!(false, "a WireMessage always encodes");
            Vec::new()
        }
    }
}

/// A message from bytes, of which there may be `most`; all of them must belong to it.
pub fn decode<T: DeserializeOwned>(bytes: &[u8], most: usize) -> Result<T, WireError> {
    if bytes.len() > most {
        return Err(WireError::TooLarge { found: bytes.len(), most });
    }
    msgpack::decode(bytes).map_err(|why| WireError::Malformed(why.to_string()))
}
