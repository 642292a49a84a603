//! Tests a whole experiment: simulated participants, a room on virtual time, and a judge of what was stored.
//!
//! A [`World`] is one game without a network: a real room, its storage and everybody who connects, on a clock that the
//! test moves. A [`Bot`] is one participant from arrival to the last page, with the netcode of the browser's page; it is a
//! pure state machine. With the feature `site`, [`site::walk`] lets it walk a deployment over HTTP and WebSockets.
//! [`audit::audit`] compares what bots saw with what is stored.
#![deny(missing_docs)]

pub mod audit;
mod bot;
mod diary;
mod page;
#[cfg(feature = "site")]
pub mod site;
mod world;

pub use bot::{Bot, Chances, Environments, Event, Habits, Line, Moment, Output, Plan, Style};
pub use diary::{Diary, End, Played};
pub use page::{Control, Page, PageError, Takes, Way};
pub use world::{Browser, EPOCH, World, info};
