//! What happens to a lobby, and what it asks its object to do.

use footlights_data::event::EventKind;
use footlights_experiment::{Globals, Location};
use footlights_protocol::{
    EpochMs,
    wire::{CloseCode, LobbyToClient},
};

use super::entry::QueueEntry;
use crate::ConnId;

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A participant connected.
    Joined {
        /// The new connection.
        conn: ConnId,
        /// The participant's `subject_id`.
        subject: String,
        /// Since when the participant has waited for this game. Reloads and games that did not begin do not change it.
        since: EpochMs,
        /// What is known about the participant. Only what the matchmaker needs is kept.
        globals: Globals,
        /// Where the participant is.
        location: Option<Location>,
        /// Fresh entropy.
        draw: u64,
    },
    /// A browser sent its regular message.
    Alive {
        /// The connection it came from.
        conn: ConnId,
        /// The last measured round trip, ms; 0 before the first.
        rtt: f32,
    },
    /// A participant confirmed the ready check on this connection.
    Ready(ConnId),
    /// A connection closed.
    Left(ConnId),
    /// The room of a matched group exists.
    RoomOpened {
        /// The game.
        game: String,
        /// Path and query of each member's room socket, in the order of [`Output::Match`]'s group.
        sockets: Vec<String>,
    },
    /// The room of a matched group could not be opened.
    RoomFailed(String),
    /// A game is over.
    GameOver(String),
    /// The time that [`Lobby::next_wake`](super::Lobby::next_wake) returned has come.
    Wake,
}

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Send this message.
    Send(ConnId, LobbyToClient),
    /// Close the connection with this code.
    Close(ConnId, CloseCode),
    /// The longest wait is over: store that the participant goes on without a game, then send the message and close the
    /// connection with [`CloseCode::Over`]. The entry is no longer in the lobby.
    TimeUp {
        /// The participant.
        entry: QueueEntry,
        /// The researcher's words.
        message: String,
    },
    /// Open a room for this group, and answer with [`Input::RoomOpened`] or [`Input::RoomFailed`]. Its members are no
    /// longer in the queue; their connections are still open.
    Match {
        /// The game's id: a `g` and 24 hexadecimal digits.
        game: String,
        /// The members, in the order of the seats.
        group: Vec<QueueEntry>,
    },
    /// Write this to the log.
    Report {
        /// What happened.
        kind: EventKind,
        /// The participant; empty where the event is about no single one.
        subject: String,
        /// More about it: the matchmaker's words, if it has any.
        detail: String,
        /// Whether the event also belongs among the participant's own events. A match does not: it is recorded there
        /// together with the game.
        record: bool,
    },
}
