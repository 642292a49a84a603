//! Sliders. An untouched slider has a position and no value: a participant who left it alone has not answered.

use footlights_canvas::dom::Result;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlFormElement, HtmlInputElement, UrlSearchParams};

/// Marks a slider as touched and shows its value. Does nothing with another input.
pub fn touch(input: &HtmlInputElement) {
    if input.type_() != "range" {
        return;
    }
    let _ = input.dataset().set("touched", "");
    let output = input.parent_element().and_then(|parent| parent.query_selector("output").ok().flatten());
    if let Some(output) = output {
        output.set_text_content(Some(&input.value()));
    }
}

/// The slider of an event, if it is one of a question.
pub fn of(event: &Event) -> Option<HtmlInputElement> {
    let input = event.target()?.dyn_into::<HtmlInputElement>().ok()?;
    (input.type_() == "range" && input.closest("form").ok()?.is_some()).then_some(input)
}

/// Whether a key is for a slider. A key that cannot move it any further is an answer, too.
pub fn is_key(key: &str) -> bool {
    key.starts_with("Arrow") || matches!(key, "Home" | "End" | "PageUp" | "PageDown" | "Enter" | " ")
}

/// Removes the untouched sliders of a form from its entries.
pub fn remove_untouched(form: &HtmlFormElement, entries: &UrlSearchParams) -> Result<()> {
    let untouched = form.query_selector_all("input[type=range]:not([data-touched])")?;
    for slider in (0..untouched.length()).filter_map(|k| untouched.item(k)) {
        let slider: Element = slider.dyn_into()?;
        entries.delete(&slider.get_attribute("name").unwrap_or_default());
    }
    Ok(())
}
