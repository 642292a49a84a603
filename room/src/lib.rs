//! Experiments, lobbies and game rooms as pure state machines.
//!
//! Time and messages come in as arguments, things to do come out as values. There is no clock, socket, storage,
//! entropy or async in this crate, so that everything in it runs on virtual time in a test and behind a Durable Object
//! in production.
#![deny(missing_docs)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

pub mod balance;
pub mod experiment;
pub mod hooks;
pub mod keys;
pub mod lobby;
pub mod participant;
pub mod record;
pub mod replay;
pub mod room;
pub mod session;
pub mod stager;
pub mod tables;
pub mod tabs;
pub mod timeline;
pub mod wire;
