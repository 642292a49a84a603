//! Tests a whole experiment: simulated participants, a room on virtual time, and a judge of what was stored.
//!
//! A [`Host`] is a real room and its storage, on a clock that the test moves; a [`World`] adds browsers that only note what
//! they receive, and the netcode tests add real clients and networks. A [`Bot`] is one participant from arrival to the last
//! page, with the netcode of the browser's page; it is a pure state machine. With the feature `site`, [`site::walk`] lets it walk a deployment over HTTP and WebSockets.
//! [`audit::audit`] compares what bots saw with what is stored. [`walk`] goes through an experiment on virtual time, and
//! [`lab`] has what a lab's tests call.

pub mod audit;
mod bot;
mod diary;
mod host;
pub mod lab;
mod page;
#[cfg(feature = "site")]
pub mod site;
mod walk;
mod world;

pub use bot::{Bot, Chances, Environments, Event, Habits, Line, Moment, Output, Plan, Style};
pub use diary::{Diary, End, Hindrance, Played};
pub use host::{Delivery, Host, info};
pub use page::{Control, Page, PageError, Takes, Way};
pub use walk::{Stuck, Walked, walk};
pub use world::{Browser, EPOCH, World};
