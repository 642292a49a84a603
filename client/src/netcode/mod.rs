//! A participant's side of a game as pure state machines: the way through lobby and room, the keys that are held, and
//! which picture to show when.
//!
//! Time and messages come in as arguments, actions come out as values. There is no socket, clock or page in here, so
//! the tests run on the host and on virtual time.

mod connection;
mod held_keys;
mod lobby;
mod outbox;
mod page;
mod play;
mod rollback;
mod round_trips;
mod seat;

pub use connection::{Connection, ConnectionAction};
pub use held_keys::{HeldKeys, code_of, has_code};
pub use lobby::{LobbyConnection, LobbyStatus, ReadyCheck};
pub use page::{Button, PlayInput, PlayOutput, Stop};
pub use play::{Play, PlayStage, SceneAdvance};
pub use rollback::{InferFn, LocalEngine, MakeFn, Rollback};
pub use round_trips::{ConnectionQuality, RoundTrips};
pub use seat::{Finished, SeatConnection};
