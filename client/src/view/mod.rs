//! What the participant reads, as data: panels, overlays, the key legend and the touch buttons.
//!
//! Pure functions of what [`crate::netcode`] knows; the shell only puts the words into the page.

mod hud;
mod legend;
mod overlay;
mod wording;

pub use hud::{Panel, SeatLine, panel, quality_words};
pub use legend::{Direction, KeyCap, KeyLegend, TouchPad, TouchPads, key_name, legend, pads};
pub use overlay::{Overlay, ResultLine, Tone, notice, overlay, state, title};
pub use wording::{button_words, clock, score, seat_name, translated};
