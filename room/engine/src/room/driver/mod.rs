//! How a game is run: who may tick, what is sent per tick, how ticks come back that a lost process had not stored, and
//! which messages of browsers are accepted.
//!
//! Each way to run a game is a variant of [`Driver`] with a file of its own; the scene's
//! [`RunMode`](footlights_experiment::RunMode) is looked at once, in [`Driver::new`].

mod audience;
mod client_clock;
mod kinds;
mod repair_limit;
mod rollback;
mod schedule;
mod simulation_sync;
mod single_player;
mod state_check;
mod streamed;
#[cfg(test)]
mod tests;

pub use audience::{Acceptance, Audience, DecidedTick, QueuedInputs, TickSource};
pub use kinds::Driver;
pub use state_check::Judgement;
