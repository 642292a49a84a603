//! The shell: sockets, keys, canvas, forms and sound. It decides nothing; every decision is in [`crate::netcode`] and
//! every word of the game in [`crate::view`].

mod ahead;
mod axes;
mod clipboard;
mod controls;
mod diagnostics;
mod draft;
#[cfg(feature = "simulate")]
mod exports;
mod form;
mod full_screen;
mod game;
mod gamepad;
mod inputs;
mod last;
mod layout;
mod length;
mod limit;
mod listeners;
mod mount;
mod overlay;
mod page;
mod panel;
#[cfg(feature = "simulate")]
mod policies;
mod problem;
mod request;
mod scene;
mod schedule;
mod screen;
mod screening;
mod simulation;
mod slider;
mod socket;
mod sound;
mod swap;
mod tab_lease;
mod words;

use wasm_bindgen::prelude::wasm_bindgen;

/// Makes the environments of `app` those that this page simulates. A page that does not simulate has none.
pub fn install(app: fn() -> footlights_app::App) {
    simulation::install(app);
}

/// Takes over the page. Called once by `boot.js`.
#[wasm_bindgen]
pub fn start() {
    problem::install_hook();
    if let Err(error) = words::read() {
        footlights_canvas::dom::warn("the page stays in English", &error);
    }
    if let Err(error) = page::take_over() {
        let detail = js_sys::Error::from(error).to_string();
        problem::show(&String::from(detail));
    }
}
