//! Between a browser and its participant's object: which tab takes part.

use serde::{Deserialize, Serialize};

/// Participant to browser, about tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TabLeaseToClient {
    /// This tab takes part.
    #[serde(rename = "h")]
    Here,
    /// Another one does.
    #[serde(rename = "e")]
    Elsewhere,
}

/// Browser to participant, about tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClientToTabLease {
    /// The participant wants to go on in this tab.
    #[serde(rename = "t")]
    Take,
    /// The page came into view, or went out of it.
    #[serde(rename = "v")]
    Visible(bool),
}
