//! Rollback netcode (GGPO's): the browser simulates the game itself, ahead of the room, and goes back when the room
//! decided something else.
//!
//! - [`predictor`] holds the confirmed state and the predicted present, and makes one from the other;
//! - [`pacer`] says at which tick the present has to be;
//! - [`reporter`] keeps what the room must be told: how ticks were shown, and ticks that a restarted room has forgotten;
//! - [`painter`] makes pictures that glide;
//! - [`pacing`] is the difference between a game on the room's clock and a single-player game on the browser's;
//! - [`game`] joins them.

mod game;
mod local_policies;
mod own_inputs;
mod pacer;
mod pacing;
mod painter;
mod predictor;
mod reporter;
mod room_clock;
#[cfg(test)]
pub(super) mod testing;

pub use game::{LocalEngine, MakeFn, Rollback};
pub use local_policies::InferFn;
pub use predictor::Consistency;
