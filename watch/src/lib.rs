//! Watching policies play: what a session does, and what is said in it.
//!
//! A [`Session`](session::Session) runs the same in a Durable Object and in a browser. What it says has the names and the
//! layout of the Hamlet metaserver (<https://github.com/foundryside-dev/hamlet>), whose page it works with.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

pub mod command;
mod heat;
mod message;
pub mod picture;
mod player;
pub mod session;
pub mod training;

pub use heat::Heat;
pub use player::{Played, Player};
