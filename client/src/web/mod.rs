//! The shell: sockets, keys, canvas, forms and sound. It decides nothing; every decision is in [`crate::netcode`] and
//! every word of the game in [`crate::view`].

mod controls;
mod diagnostics;
mod draft;
#[cfg(feature = "simulate")]
mod exports;
mod game;
mod gamepad;
mod input;
mod last;
mod overlay;
mod page;
mod panel;
#[cfg(feature = "simulate")]
mod policies;
mod problem;
mod screening;
mod simulation;
mod socket;
mod sound;
mod tab;

use footlights_canvas::dom;
use wasm_bindgen::prelude::wasm_bindgen;

/// Takes over the page. Called once by `boot.js`.
#[wasm_bindgen]
pub fn start() {
    problem::install_hook();
    if let Err(error) = page::take_over() {
        let words = js_sys::Error::from(error).to_string();
        problem::show(&String::from(words));
    }
}
