//! The current scene's element, and the state of the page in a word.

use footlights_canvas::dom::{OrMissing, Result, document};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// The element of the current scene.
pub fn scene() -> Result<HtmlElement> {
    Ok(document()?.get_element_by_id("scene").or_missing("scene")?.dyn_into()?)
}

/// Writes the state into `data-state` of the page, for style sheets and tests.
pub fn set_state(state: &str) -> Result<()> {
    let data = document()?.body().or_missing("body")?.dataset();
    if data.get("state").as_deref() != Some(state) {
        data.set("state", state)?;
    }
    Ok(())
}
