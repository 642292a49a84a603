//! What goes into a game room and what comes out of it, as values.

use footlights_data::{
    event::Event,
    verdict::{SeatVerdict, Verdict},
};
use footlights_env::Agent;
use footlights_protocol::wire::CloseCode;

use crate::ConnId;

/// Something that happened outside of the room.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A participant with a valid ticket for this agent's seat connected.
    Connected {
        /// The seat.
        agent: Agent,
        /// The connection; its number is unique in the room.
        conn: ConnId,
    },
    /// A message arrived.
    Message {
        /// The connection that it arrived on.
        conn: ConnId,
        /// The bytes as they arrived; the room decodes and checks them.
        bytes: Vec<u8>,
    },
    /// A connection closed.
    Disconnected {
        /// The connection.
        conn: ConnId,
    },
    /// The time that [`GameRoom::next_wake`](super::GameRoom::next_wake) named has come.
    Wake,
    /// The participant's own object has stored the result that [`Output::Released`] carried.
    Released {
        /// The participant's seat.
        agent: Agent,
    },
    /// The oldest [`Output::Persist`] that was not acknowledged yet is stored.
    Stored,
    /// Rows and replay of the finished game are stored for good.
    Saved,
}

/// Something that the shell must do.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Send these bytes.
    Send {
        /// The connection to send over.
        conn: ConnId,
        /// An encoded [`RoomToClient`](footlights_protocol::wire::RoomToClient).
        bytes: Vec<u8>,
    },
    /// Close a connection.
    Close {
        /// The connection.
        conn: ConnId,
        /// The close code.
        code: CloseCode,
        /// The reason, for the log.
        reason: String,
    },
    /// Store both parts in one transaction, then send [`Input::Stored`]. If storing fails, try again later with the same
    /// bytes and in the same order.
    Persist {
        /// An encoded [`Chunk`](footlights_data::Chunk): what happened since the last one.
        chunk: Vec<u8>,
        /// The state after that chunk, for [`GameRoom::restore`](super::GameRoom::restore); it replaces the last one.
        checkpoint: Vec<u8>,
    },
    /// Log this event. The chunks contain it, too.
    Report(Event),
    /// A participant is out of the game for good while the others play on. Store their result with their own object, then
    /// send [`Input::Released`]. A restored room says it again.
    Released {
        /// The participant's seat.
        agent: Agent,
        /// How the game ended for them.
        verdict: SeatVerdict,
    },
    /// The game is over, and every chunk that decides its result was handed out before. Store the verdict; from then on
    /// the game need not be restored any more.
    Finished(Verdict),
    /// All final reports of browsers have arrived or timed out. Save the game, then send [`Input::Saved`].
    Save,
}

/// Why a room cannot be opened or restored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoomError {
    /// The environment refuses its configuration or a snapshot.
    #[error(transparent)]
    Environment(#[from] footlights_env::EnvError),
    /// A policy does not load.
    #[error(transparent)]
    Policy(#[from] footlights_env::PolicyError),
    /// A stored checkpoint does not decode.
    #[error("the checkpoint cannot be read: {0}")]
    Checkpoint(String),
}
