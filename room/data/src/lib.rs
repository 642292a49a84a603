//! What an experiment leaves behind: records of games and participants, the tables that analysts read, and replays.
#![deny(missing_docs)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

pub mod event;
pub mod record;
pub mod replay;
pub mod session;
pub mod tables;
mod validate;
pub mod verdict;

pub use validate::validate;
