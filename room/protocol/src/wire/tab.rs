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
    /// The one that did was closed or is being reloaded: this tab may ask for its place after a while.
    #[serde(rename = "f")]
    Free,
}

/// Browser to participant, about tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClientToTabLease {
    /// The participant wants to go on in this tab.
    #[serde(rename = "t")]
    Take,
    /// This tab would go on, unless another one takes part by now.
    #[serde(rename = "f")]
    TakeIfFree,
    /// The page came into view, or went out of it.
    #[serde(rename = "v")]
    Visible(bool),
}
