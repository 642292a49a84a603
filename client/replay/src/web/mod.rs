//! The shell: buttons, keys, canvases and files. It decides nothing about the game; that is in [`crate::Player`].

mod film;
mod load;
mod page;
mod rows;
mod save;

use footlights_canvas::dom::{document, warn};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
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

/// What is wrong, without the word `Error` before it.
fn reason(error: &JsValue) -> String {
    let text = error.as_string().unwrap_or_else(|| js_sys::Error::from(error.clone()).message().into());
    if text.is_empty() { "Something went wrong; the browser does not say what.".into() } else { text }
}

/// Says above the pictures how things stand.
fn say(words: &str, is_problem: bool) {
    let Some(verdict) = document().ok().and_then(|document| document.get_element_by_id("verdict")) else {
        return;
    };
    verdict.set_class_name(if is_problem { "verdict notice" } else { "verdict" });
    verdict.set_text_content(Some(words));
}
