//! SimulationSetup participants: they enter a study, press its buttons, wait in its lobbies, play its games with random keys
//! and arrive at its last page, over the same HTTP and WebSockets as a browser.
//!
//! [`Bot`] is a pure state machine: time and what arrives come in, what to do comes out. [`walk`] is its shell. It knows
//! no study: what there is to do stands in the pages. It shares the wire format with the browser and nothing else, so
//! that it is a second reading of the protocol.
#![deny(missing_docs)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod bot;
pub mod edge;
mod line;
mod page;
mod seat;
mod shell;

pub use bot::{Bot, Ending, Event, Habits, Output, Report};
pub use page::{Control, Page, PageError, Takes, Way};
pub use shell::{Site, walk};
