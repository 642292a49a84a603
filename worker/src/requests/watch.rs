//! Requests to an object in which people watch policies play.

use serde::{Deserialize, Serialize};

use super::{envelope::object_requests, handoff::Handoff};

/// How many sessions are open here?
#[derive(Debug, Serialize, Deserialize)]
pub struct CountSessions {}

/// The answer.
#[derive(Debug, Serialize, Deserialize)]
pub struct SessionCount {
    pub open: u32,
    /// Whether the next object may have some, too.
    pub full: bool,
}

object_requests! {
    /// What an object in which people watch takes.
    WatchRequest to Watch {
        CountSessions -> SessionCount,
    }
}

/// Somebody who watches.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct WatchHandoff {
    /// The session's name; one that is known goes on.
    pub session: String,
    /// Of a session that begins.
    pub seed: u64,
}

impl Handoff for WatchHandoff {
    type Envelope = WatchRequest;
    const PURPOSE: &'static str = "handoff-watch";
}
