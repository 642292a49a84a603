//! What a lobby remembers in storage.

use std::collections::{BTreeMap, BTreeSet};

use footlights_protocol::EpochMs;
use serde::{Deserialize, Serialize};

/// What a lobby must remember while no participant is connected. The object stores it whenever
/// [`Lobby::take_state`](super::Lobby::take_state) returns it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LobbyState {
    /// The games that run. It stays empty where their number is not limited.
    pub running: BTreeSet<String>,
    /// When each participant missed a ready check: they return behind the participants who waited then. An
    /// entry is dropped after the longest wait.
    pub missed: BTreeMap<String, EpochMs>,
}
