//! The interface between the page and [`super::Play`]: events of the page go in, actions for the page come out.

use footlights_protocol::{KeySet, MonotonicMs};

/// An event of the page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PlayInput<'a> {
    /// The socket opened.
    Opened,
    /// A binary message arrived on the socket.
    Message(&'a [u8]),
    /// The socket closed with this code.
    Closed(u16),
    /// The participant holds other keys than before.
    Held {
        /// The keys of the seat's keyboard that they hold.
        keys: KeySet,
        /// Time of the event, on the same clock as `now`.
        at: MonotonicMs,
    },
    /// The page gained (`true`) or lost (`false`) visibility and focus.
    Attention(bool),
    /// The browser reports that the network is back.
    Online,
    /// The participant pressed a button of the overlay.
    Pressed(Button),
    /// Images and policies are there, or cannot be.
    Loaded,
    /// A file of the scene's assets could not be loaded.
    AssetFailed(&'a str),
    /// The next scene could not be fetched.
    NotAdvanced,
    /// Time passed.
    Wake,
}

/// An action that the page must perform.
#[derive(Debug, Clone, PartialEq)]
pub enum PlayOutput {
    /// Open a socket at this path, in place of any other.
    Connect(String),
    /// Close the socket.
    Disconnect,
    /// Send these bytes; without an open socket they are lost, and the handshake makes up for that.
    Send(Vec<u8>),
    /// Play a sound that calls the participant back to the page.
    Call,
    /// Fetch the next scene and show it. Report a failure with [`PlayInput::NotAdvanced`].
    Advance,
    /// Reload the page.
    Reload,
}

/// A button of the overlay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Button {
    /// Connect now instead of after the pause.
    TryNow,
    /// Reload the page.
    Reload,
    /// Take the seat back from another tab.
    PlayHere,
    /// Continue with the next scene.
    Continue,
    /// Confirm to be present and ready to play.
    Ready,
    /// Return to the waiting room.
    WaitAgain,
}

/// Why there is nothing to play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// The lobby found no match in time.
    TimedOut {
        /// The lobby's message to the participant.
        message: String,
    },
    /// The server refuses this connection.
    Refused {
        /// A [`footlights_protocol::wire::CloseCode`].
        code: u16,
        /// The server's explanation; may be empty.
        reason: String,
    },
}
