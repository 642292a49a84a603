//! A game as a function of its inputs, and the messages that carry inputs and pictures.
//!
//! [`Tick`], [`EpochMs`] and [`MonotonicMs`] say when, [`keys`] turns held keys into actions, [`timeline`] turns actions into states, [`wire`] is what a browser and an
//! object say to each other, and [`words`] is what participants read. Rooms, browsers and bots share all of it. There is no clock, socket, storage or async here.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

pub mod form;
mod hud;
mod input_delay;
pub mod keys;
mod outcome;
pub mod text;
mod tick;
mod time;
pub mod timeline;
pub mod wire;
pub mod words;

pub use hud::{Hud, ShownResult, ShownScores};
pub use input_delay::InputDelay;
pub use keys::KeySet;
pub use outcome::Outcome;
pub use tick::Tick;
pub use time::{EpochMs, MonotonicMs};
