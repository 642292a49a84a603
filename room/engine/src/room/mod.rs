//! One running game, without a clock or a socket.
//!
//! The shell hands in what happened with [`GameRoom::handle`], does what [`GameRoom::poll`] returns until it returns
//! nothing, and calls again with [`Input::Wake`] at [`GameRoom::next_wake`]. A running room never fails: what a
//! participant, a policy or an environment does wrong becomes an event, a refusal or an outcome.
//!
//! A room is put together from parts that know nothing of each other's insides: `seats` (who holds each seat),
//! `attendance` (who is present, and for how long the game waits), `game` (the simulation and its records), `journal`
//! (what is not stored yet), `lateness` (whether the room's clock is behind), `driver` (how the game is run) and `phase` (where it is between opening and end). The files
//! with `impl GameRoom` route between them, and each calls only those before it: `game_room`, `ticks`, `restoring`,
//! `dropouts`, `messages`, `routing`.

mod attendance;
mod checkpoint;
mod driver;
mod dropouts;
#[cfg(test)]
mod fixture;
mod game;
mod game_room;
mod hook_runner;
mod input_queue;
mod io;
mod journal;
mod lateness;
mod messages;
mod outbox;
mod phase;
mod player;
mod receipt;
mod recovery;
mod restoring;
mod routing;
mod rtt_window;
mod rule_state;
mod seats;
mod ticks;
mod writes;

pub use game_room::GameRoom;
pub use io::{Input, Output, RoomError};
pub use recovery::SealKey;
pub use writes::{Write, Writes};
