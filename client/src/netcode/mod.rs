//! A participant's side of a game as pure state machines: the way through lobby and room, the keys that are held, and
//! which picture to show when.
//!
//! Time and messages come in as arguments, things to do come out as values. There is no socket, clock or page in here,
//! so all of it is tested on the host.

mod health;
mod keys;
mod link;
mod lobby;
mod page;
mod play;
mod playback;
mod rollback;
mod seat;

pub use health::{Health, Quality};
pub use keys::Held;
pub use link::Link;
pub use lobby::{Check, Lobby, Waiting};
pub use page::{Button, Input, Output, Stop};
pub use play::{Advance, Play, Stage};
pub use playback::Playback;
pub use rollback::{Act, Engine, Finding, Make, Rollback};
pub use seat::{Finished, Seat};
