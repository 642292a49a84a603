//! The waiting room of one game scene: who waits, who plays with whom, and when.
//!
//! A participant waits in the queue until a matchmaker names a group. The group may be held for a moment and must then
//! pass a ready check, if the scene has one; if a member leaves, the others return to their places in the queue. A
//! complete group leaves the queue, and its room is opened. A participant who connects again while their room is being
//! opened is sent there as soon as it exists.
//!
//! The lobby's object may hibernate at any time. [`QueueEntry`] is kept with each socket and [`LobbyState`] in storage, so
//! that [`Lobby::restore`] can rebuild the lobby. A connection from which nothing came for [`SILENT_MS`] is never matched.

mod announce;
mod entry;
mod group;
mod machine;
mod message;
mod opening;
mod queue;
mod seating;
mod state;
#[cfg(test)]
mod tests;

pub use entry::{GroupMembership, MAX_GLOBALS, QueueEntry, project_globals};
pub use group::alone;
pub use machine::{Lobby, SILENT_MS};
pub use message::{Input, Output};
pub use seating::{SeatedParticipant, seat_participants, subjects_by_agent};
pub use state::LobbyState;
