//! The name of a connection.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One WebSocket of one object, as the object that accepted it numbers them. A participant who connects again has another
/// one, so that what an old socket still delivers is told apart from the new one's.
///
/// It is also the socket's tag in Cloudflare's hibernation API, and survives there with the socket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConnId(pub u64);

impl ConnId {
    /// A number that is greater than this one and at least `least`.
    #[must_use]
    pub fn after(self, least: u64) -> Self {
        Self(self.0.saturating_add(1).max(least))
    }
}

impl fmt::Display for ConnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
