//! Game rooms, lobbies, tab leases and participants as pure state machines.
//!
//! Time and messages come in as arguments, things to do come out as values. There is no clock, socket, storage,
//! entropy or async in this crate, so that everything in it runs on virtual time in a test and behind a Durable Object
//! in production.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod conn_id;
pub mod lobby;
pub mod participant;
pub mod placement;
pub mod room;
pub mod seat_ticket;
pub mod tab_lease;

pub use conn_id::ConnId;
