//! A seat in a running game: the connection to its room, and the view of the game.

mod connection;
mod key_sender;
mod playback;
mod restore;
mod room_state;
mod streamed;
mod view;

pub use connection::{SeatConnection, SeatExit};
pub use room_state::Finished;
