//! What a bot hears and does.

/// Which of a bot's sockets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Line {
    /// A lobby's or a room's.
    Game,
    /// The tab's.
    Tab,
    /// The second tab's.
    Second,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event<'a> {
    /// What was asked for is there, behind all redirects.
    Page {
        /// The HTTP status.
        status: u16,
        /// Where it was found in the end: the path with what follows it.
        path: &'a str,
        /// The document.
        html: &'a str,
    },
    /// There is no answer, and why.
    NoPage(&'a str),
    /// A socket is open.
    Opened(Line),
    /// A binary message came.
    Message(Line, &'a [u8]),
    /// It closed, or could not be opened.
    Closed(Line, u16),
    /// The time of [`Bot::wake_at`](super::Bot::wake_at) has come.
    Wake,
}

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Load this path.
    Load(String),
    /// Post these fields there.
    Post(String, Vec<(String, String)>),
    /// Open a socket, in place of one that there may be.
    Connect(Line, String),
    /// Close it; nothing more is to be heard of it.
    Disconnect(Line),
    /// Send this over a socket.
    Say(Line, Vec<u8>),
    /// Stand still for so long, ms, as a computer whose lid is closed: what arrives meanwhile is heard afterwards.
    Sleep(f64),
    /// Close everything. The last output.
    Leave {
        /// Without closing the sockets, as a browser that crashes.
        silent: bool,
    },
}
