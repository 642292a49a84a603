//! Who plays with whom. A [`Matchmaker`] looks at the participants who wait and names a group; the lobby validates the
//! group and starts the game. A matchmaker never removes a participant from the queue itself.
//!
//! Every matchmaker here names the first possible group, and the longest wait counts most: nobody is matched before a
//! participant who waited longer and could have had the same place.

mod attribute;
mod fifo;
mod latency;
mod matchmaker;

pub use attribute::{DifferentAttribute, Reunion, SameAttribute};
pub use fifo::Fifo;
pub use latency::LatencyFifo;
pub use matchmaker::{Candidate, LobbyEvent, LobbyEventKind, Matchmaker, MatchmakerFactory};

#[cfg(test)]
mod tests;
