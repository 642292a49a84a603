//! The shell: buttons, keys, canvases and files. It decides nothing about the game; that is in [`crate::ReplayController`].

mod controls;
mod elements;
mod film;
mod frames;
mod load;
mod page;
mod pictures;
mod rows;
mod save;
mod saving;
mod seats;
mod verdict;

use footlights_canvas::dom::warn;
use verdict::{reason, say};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::spawn_local;

/// Takes over the page. Called once by `boot.js`.
#[wasm_bindgen]
pub fn start() {
    std::panic::set_hook(Box::new(|info| {
        say(&format!("Something broke: {info}. Please reload the page."), true)
    }));
    spawn_local(async {
        if let Err(error) = page::open().await {
            warn("the replay page", &error);
            say(&reason(&error), true);
        }
    });
}
