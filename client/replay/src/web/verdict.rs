//! The line above the pictures that says how things stand.

use footlights_canvas::dom::document;
use wasm_bindgen::JsValue;

/// The message of an error, without the word `Error` before it.
pub fn reason(error: &JsValue) -> String {
    let text = error.as_string().unwrap_or_else(|| js_sys::Error::from(error.clone()).message().into());
    if text.is_empty() { "Something went wrong; the browser does not say what.".into() } else { text }
}

/// Shows `words` above the pictures.
pub fn say(words: &str, is_problem: bool) {
    let Some(verdict) = document().ok().and_then(|document| document.get_element_by_id("verdict")) else {
        return;
    };
    verdict.set_class_name(if is_problem { "verdict notice" } else { "verdict" });
    verdict.set_text_content(Some(words));
}
