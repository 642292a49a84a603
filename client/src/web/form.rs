//! Sends the forms of a scene in the background; what was entered survives a failure.

use footlights_canvas::dom::{OrMissing, Result, child, warn, window, words};
use footlights_protocol::words::texts;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{
    Element, FormData, HtmlButtonElement, HtmlElement, HtmlFormElement, SubmitEvent, UrlSearchParams,
};

use super::{draft, length, limit, request::post, scene::scene, screening, slider, swap::swap, words::say};

/// Sends a form of the scene. Forms that go elsewhere are left to the browser.
pub fn submitted(event: SubmitEvent) {
    let Some(form) = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok()) else {
        return;
    };
    let inside = scene().is_ok_and(|scene| scene.contains(Some(&form)));
    // What a recruiter is sent is the browser's to send, and its answer the browser's to show.
    let ours = window().and_then(|window| window.location().origin());
    // By its attributes: a question may be called as a property of forms, and then stands in its place.
    let to = form.get_attribute("action").unwrap_or_default();
    let inside =
        inside && (to.starts_with('/') || ours.is_ok_and(|ours| to.starts_with(&format!("{ours}/"))));
    let posts = form.get_attribute("method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
    if event.default_prevented() || !inside || !posts {
        return;
    }
    event.prevent_default();
    if form.get_attribute("aria-busy").is_some() {
        return;
    }
    // The field says what is wrong, and how much.
    if !limit::is_over(&form)
        && let Ok(Some(field)) = length::first_over(&form)
    {
        let _ = field.focus();
        return;
    }
    let button = event.submitter().and_then(|button| button.dyn_into::<HtmlButtonElement>().ok());
    let _ = form.set_attribute("aria-busy", "true");
    spawn_local(async move {
        if let Err(error) = send(&form, button.as_ref()).await {
            warn("the form was not sent", &error);
            let _ = form.remove_attribute("aria-busy");
            let _ = complain(&form, &say(texts::NOT_SENT));
        }
    });
}

async fn send(form: &HtmlFormElement, button: Option<&HtmlButtonElement>) -> Result<()> {
    if form.get_attribute("data-screening").is_some() {
        screening::fill_in(form)?;
    }
    let body = entries(form)?;
    draft::keep(form, &body);
    if let Some(button) = button.filter(|button| !button.name().is_empty()) {
        body.append(&button.name(), &button.value());
    }
    let path = form.get_attribute("action").or_missing("form action")?;
    let answer = post(&path, &body).await?;
    if answer.ok() {
        draft::forget(form);
    }
    swap(&answer).await
}

/// What is entered in a form.
pub fn entries(form: &HtmlFormElement) -> Result<UrlSearchParams> {
    let body = UrlSearchParams::new()?;
    for entry in FormData::new_with_form(form)?.entries() {
        let entry: js_sys::Array = entry?.dyn_into()?;
        if let (Some(name), Some(value)) = (entry.get(0).as_string(), entry.get(1).as_string()) {
            body.append(&name, &value);
        }
    }
    slider::remove_untouched(form, &body)?;
    Ok(body)
}

/// Shows above the form why it failed. What was entered stays.
pub fn complain(form: &HtmlElement, why: &str) -> Result<()> {
    let notice: Element = match form.query_selector(".notice")? {
        Some(notice) => notice,
        None => {
            let notice = child(form, "p", "notice")?;
            notice.set_attribute("role", "alert")?;
            notice.into()
        }
    };
    notice.set_text_content(None);
    words(&notice, "span", "", why)?;
    Ok(())
}
