//! A seat in a running game: the connection to its room, and the view of the game.

mod connection;
mod key_sender;
mod open_view;
mod playback;
mod restore;
mod room_link;
mod room_state;
#[cfg_attr(not(feature = "simulate"), allow(dead_code))]
mod simulated;
mod streamed;
mod view;

pub use connection::{SeatConnection, SeatExit};
pub use room_state::Finished;
