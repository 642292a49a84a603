//! What a page tells [`super::Play`], and what it is told.

/// What happens on the page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Input<'a> {
    /// The socket opened.
    Opened,
    /// A binary message came.
    Message(&'a [u8]),
    /// The socket closed with that code.
    Closed(u16),
    /// The keys that are held changed to `bits`, at the time `at`.
    Held {
        /// Bits of the keyboard.
        bits: u32,
        /// The time of the event, on the same clock.
        at: f64,
    },
    /// The page came into view and focus, or went out of it.
    Attention(bool),
    /// The browser says that the network is back.
    Online,
    /// A button of the overlay was pressed.
    Pressed(Button),
    /// The next scene could not be fetched.
    NotAdvanced,
    /// Time passed.
    Wake,
}

/// What the page must do.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Open a socket at that path, in place of any other.
    Connect(String),
    /// Close the socket.
    Disconnect,
    /// Send these bytes.
    Send(Vec<u8>),
    /// Call the participant back to the page: a sound.
    Call,
    /// Fetch the next scene and show it.
    Advance,
    /// Load the page anew.
    Reload,
}

/// A way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Button {
    /// Try to connect now.
    TryNow,
    /// Load the page anew.
    Reload,
    /// Take the seat back from another tab.
    PlayHere,
    /// Go on.
    Continue,
    /// Here, and ready to play.
    Ready,
    /// Back to the waiting room.
    WaitAgain,
}

/// Why there is nothing to play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// Nobody came in time.
    TimedOut {
        /// The lobby's words.
        message: String,
    },
    /// The server will not have this connection.
    Refused {
        /// A [`footlights_protocol::wire::CloseCode`].
        code: u16,
        /// The server's words; may be empty.
        reason: String,
    },
}
