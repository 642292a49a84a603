//! What must hold for a whole game, on virtual time.

mod common;
mod endings;
mod inputs;
mod recovery;
mod refusals;
mod ticking;
