//! Drafts: what was entered in a form and not accepted yet is kept in the tab's session storage, so it survives a reload;
//! and in memory, so it survives a refused form also where there is no storage.

use std::cell::RefCell;

use footlights_canvas::dom::{Result, window};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Element, Event, HtmlElement, HtmlFormElement, HtmlInputElement, HtmlTextAreaElement, Storage,
    UrlSearchParams,
};

use super::{length, slider};

/// The form of an event, if its draft is kept.
fn form_of(event: &Event) -> Option<HtmlFormElement> {
    let target = event.target()?.dyn_into::<Element>().ok()?;
    target.closest("form[data-draft]").ok()??.dyn_into().ok()
}

thread_local! {
    /// The newest draft: the key of its form, and what was entered.
    static NEWEST: RefCell<Option<(String, String)>> = const { RefCell::new(None) };
}

fn storage() -> Result<Option<Storage>> {
    window()?.session_storage()
}

fn key(form: &HtmlFormElement) -> String {
    form.get_attribute("action").unwrap_or_default()
}

/// Something was entered.
pub fn changed(event: &Event, entered: impl FnOnce(&HtmlFormElement) -> Result<UrlSearchParams>) {
    let Some(form) = form_of(event) else { return };
    if let Ok(entered) = entered(&form) {
        keep(&form, &entered);
    }
}

/// Keeps what was entered in a form, until it is accepted.
pub fn keep(form: &HtmlFormElement, entered: &UrlSearchParams) {
    if !form.has_attribute("data-draft") {
        return;
    }
    let (key, entered) = (key(form), String::from(entered.to_string()));
    // A storage that is full or forbidden must not keep the participant from answering.
    if let Ok(Some(storage)) = storage() {
        let _ = storage.set_item(&key, &entered);
    }
    NEWEST.set(Some((key, entered)));
}

/// The form was accepted.
pub fn forget(form: &HtmlFormElement) {
    if let Ok(Some(storage)) = storage() {
        let _ = storage.remove_item(&key(form));
    }
    NEWEST.set(None);
}

fn kept(form: &HtmlFormElement) -> Option<String> {
    let key = key(form);
    let newest = NEWEST.with_borrow(|newest| {
        newest.as_ref().filter(|(of, _)| *of == key).map(|(_, entered)| entered.clone())
    });
    newest.or_else(|| storage().ok()??.get_item(&key).ok()?)
}

/// Fills in what was entered before. A page that was refused has it from the server, but for controls in the researcher's
/// own HTML.
pub fn restore(scene: &HtmlElement) -> Result<()> {
    let Some(form) = scene.query_selector("form[data-draft]")? else { return Ok(()) };
    let form: HtmlFormElement = form.dyn_into()?;
    let Some(kept) = kept(&form) else { return Ok(()) };
    let kept = UrlSearchParams::new_with_str(&kept)?;
    let fields = form.query_selector_all("input, textarea, option")?;
    for field in (0..fields.length()).filter_map(|k| fields.item(k)) {
        if let Some(input) = field.dyn_ref::<HtmlInputElement>() {
            let name = input.name();
            if matches!(input.type_().as_str(), "radio" | "checkbox") {
                input.set_checked(kept.get_all(&name).includes(&JsValue::from(input.value()), 0));
            } else if let Some(value) = kept.get(&name) {
                input.set_value(&value);
                slider::touch(input);
                length::show(input);
            }
        } else if let Some(area) = field.dyn_ref::<HtmlTextAreaElement>()
            && let Some(value) = kept.get(&area.name())
        {
            area.set_value(&value);
            length::show(area);
        } else if let Some(option) = field.dyn_ref::<Element>().filter(|field| field.tag_name() == "OPTION")
            && let Some(list) = option.closest("select")?
            && let Some(name) = list.get_attribute("name")
            && (kept.has(&name) || list.has_attribute("multiple"))
        {
            let text = || option.text_content().unwrap_or_default().trim().to_owned();
            let value = option.get_attribute("value").unwrap_or_else(text);
            if kept.get_all(&name).includes(&JsValue::from(value), 0) {
                option.set_attribute("selected", "")?;
            } else {
                option.remove_attribute("selected")?;
            }
        }
    }
    Ok(())
}
