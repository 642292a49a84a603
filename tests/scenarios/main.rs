//! What must hold for a whole game, on virtual time.

mod common;
mod endings;
mod hooks;
mod inputs;
mod recorded_state;
mod recovery;
mod refusals;
mod staying;
mod ticking;
mod windows;
