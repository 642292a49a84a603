//! How many characters are left for a text. A browser's own limit would cut off what is pasted without a word.

use footlights_canvas::dom::Result;
use footlights_protocol::{
    text::{clean_line, clean_lines},
    words::texts,
};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlFormElement, HtmlInputElement, HtmlTextAreaElement};

use super::words;

/// From which share of the limit on the characters that are left are told.
const NEAR: f64 = 0.8;

/// How long a text is, and how long it may be.
struct Length {
    found: usize,
    most: usize,
}

impl Length {
    /// None for a field without a limit.
    fn of(field: &Element) -> Option<Self> {
        let most = field.get_attribute("data-max-chars")?.parse().ok()?;
        let text = match field.dyn_ref::<HtmlInputElement>() {
            Some(input) => clean_line(&input.value()),
            None => clean_lines(&field.dyn_ref::<HtmlTextAreaElement>()?.value()),
        };
        Some(Self { found: text.chars().count(), most })
    }

    fn words(&self) -> String {
        let Self { found, most } = *self;
        let count = |text, characters: usize| words::all().counted(text, characters as u64, &[]);
        match most.checked_sub(found) {
            None => count(texts::CHARACTERS_OVER, found - most),
            Some(left) if found as f64 >= NEAR * most as f64 => count(texts::CHARACTERS_LEFT, left),
            Some(_) => String::new(),
        }
    }
}

/// Says how many characters are left in a field, once its limit is near.
pub fn show(field: &Element) {
    let Some(length) = Length::of(field) else { return };
    let place = field.closest(".question").ok().flatten();
    let Some(place) = place.and_then(|place| place.query_selector(".count").ok().flatten()) else { return };
    let words = length.words();
    if place.text_content().as_deref() != Some(&words) {
        let is_over = length.found > length.most;
        place.set_text_content(Some(&words));
        let _ = place.class_list().toggle_with_force("over", is_over);
        // A screen reader reads the words with the field, and says at once only that it cannot be sent.
        let _ = if is_over {
            field.set_attribute("aria-invalid", "true")
        } else {
            field.remove_attribute("aria-invalid")
        };
    }
}

/// The first field of a form with more text than it may have; the participant is led there.
pub fn first_over(form: &HtmlFormElement) -> Result<Option<HtmlElement>> {
    let fields = form.query_selector_all("[data-max-chars]")?;
    for field in (0..fields.length()).filter_map(|k| fields.item(k)) {
        let field: HtmlElement = field.dyn_into()?;
        if Length::of(&field).is_some_and(|length| length.found > length.most) {
            return Ok(Some(field));
        }
    }
    Ok(None)
}
