//! The page of last resort: when the module breaks, the participant reads what to do.

use std::cell::Cell;

use wasm_bindgen::JsValue;

use footlights_canvas::dom::{OrMissing, Result, child, document, warn, window, words};
use footlights_protocol::words::texts;

use super::words::say;

thread_local! {
    static SHOWN: Cell<bool> = const { Cell::new(false) };
}

/// Whether it is shown: nothing may go on after that.
pub fn is_shown() -> bool {
    SHOWN.get()
}

/// Shows it when the module panics. Panics abort, so this is the last thing that runs.
pub fn install_hook() {
    std::panic::set_hook(Box::new(|info| show(&info.to_string())));
}

/// Replaces the scene by words and a link to reload. `detail` is for support.
pub fn show(detail: &str) {
    SHOWN.set(true);
    warn("Footlights stopped", &JsValue::from_str(detail));
    if let Err(error) = build(detail) {
        warn("the problem page failed", &error);
    }
}

fn build(detail: &str) -> Result<()> {
    let document = document()?;
    document.body().or_missing("body")?.dataset().set("state", "problem")?;
    let scene = document.get_element_by_id("scene").or_missing("scene")?;
    scene.set_inner_html("");
    let page = child(&scene, "section", "page problem")?;
    page.set_attribute("data-kind", "problem")?;
    page.set_attribute("role", "alert")?;
    words(&page, "h1", "", &say(texts::BROKE))?;
    words(&page, "p", "", &say(texts::BROKE_WHY))?;
    let reload = words(&page, "a", "button primary", &say(texts::RELOAD))?;
    reload.set_attribute("href", &window()?.location().href()?)?;
    let detail = words(&page, "p", "detail", detail)?;
    detail.set_attribute("lang", "en")?;
    detail.set_attribute("dir", "ltr")?;
    Ok(())
}
