//! Every message of the protocol, both ways.

use std::time::Duration;

use footlights_protocol::{
    KeySet, MonotonicMs,
    wire::{
        self, ClientToLobby, ClientToRoom, ClientToTabLease, LobbyToClient, MAX_FROM_BROWSER, MAX_TO_BROWSER,
        RoomToClient, TabLeaseToClient,
    },
};

use crate::target::Target;

pub struct Wire;

impl Target for Wire {
    /// One of each kind is in the corpus.
    fn seeds(&self) -> Vec<Vec<u8>> {
        vec![
            wire::encode(&ClientToRoom::Keys { seq: 1, held: KeySet(5), time: MonotonicMs(0.25) }),
            wire::encode(&ClientToLobby::Ready),
            wire::encode(&ClientToTabLease::Take),
            wire::encode(&LobbyToClient::Pong),
            wire::encode(&RoomToClient::Frame(wire::Frame::default())),
            wire::encode(&TabLeaseToClient::Here),
        ]
    }

    fn limit(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn read(&self, input: &[u8]) -> String {
        [
            again::<ClientToRoom>(input, MAX_FROM_BROWSER),
            again::<ClientToLobby>(input, MAX_FROM_BROWSER),
            again::<ClientToTabLease>(input, MAX_FROM_BROWSER),
            again::<RoomToClient>(input, MAX_TO_BROWSER),
            again::<LobbyToClient>(input, MAX_TO_BROWSER),
            again::<TabLeaseToClient>(input, MAX_TO_BROWSER),
        ]
        .join("\n")
    }
}

/// Reads a message. What can be read must be the same after it is written and read again.
fn again<T: wire::WireMessage + serde::de::DeserializeOwned>(input: &[u8], most: usize) -> String {
    match wire::decode::<T>(input, most) {
        Ok(message) => {
            let written = wire::encode(&message);
            assert!(!written.is_empty(), "what was read cannot be written");
            let read: T = wire::decode(&written, usize::MAX).expect("what was written can be read");
            assert_eq!(wire::encode(&read), written, "what was written reads as something else");
            format!("read {}", String::from_utf8_lossy(written.get(..3).unwrap_or_default()))
        }
        Err(why) => why.to_string(),
    }
}
