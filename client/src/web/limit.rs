//! A page that is shown for a limited time: says how much is left, and sends itself when nothing is.

use footlights_canvas::dom::{OrMissing, Result, document, now, sleep, warn};
use footlights_protocol::{MonotonicMs, form::TIME_UP, words::texts};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlElement, HtmlFormElement};

use super::words;
use crate::view::clock;

/// How often the time is shown, ms.
const TICK_MS: i32 = 250;

/// Counts the time of the page, if it is limited.
pub fn mount(scene: &HtmlElement) -> Result<()> {
    let Some(form) = scene.query_selector("form[data-time-left]")? else { return Ok(()) };
    let form: HtmlFormElement = form.dyn_into()?;
    let left: f64 = form.get_attribute("data-time-left").and_then(|left| left.parse().ok()).unwrap_or(0.0);
    let ends = now() + left;
    spawn_local(async move {
        if let Err(error) = count(&form, ends).await {
            warn("the time of the page", &error);
        }
    });
    Ok(())
}

/// Whether the form sends itself because its time is over: what it has then is sent, right or wrong.
pub fn is_over(form: &HtmlFormElement) -> bool {
    form.query_selector(&format!("input[name='{TIME_UP}']")).is_ok_and(|field| field.is_some())
}

async fn count(form: &HtmlFormElement, ends: MonotonicMs) -> Result<()> {
    let shown = form.query_selector(".time-left")?.or_missing(".time-left")?;
    while form.is_connected() {
        let left = (ends - now()).max(0.0);
        let words = words::all().with(texts::TIME_LEFT, &[("time", &clock(left))]);
        if shown.text_content().as_deref() != Some(&words) {
            shown.set_text_content(Some(&words));
        }
        // A form that is on its way is not sent twice.
        if left <= 0.0 && form.get_attribute("aria-busy").is_none() {
            let field = document()?.create_element("input")?;
            for (name, value) in [("type", "hidden"), ("name", TIME_UP), ("value", "true")] {
                field.set_attribute(name, value)?;
            }
            form.append_child(&field)?;
            form.set_attribute("novalidate", "")?;
            return form.request_submit();
        }
        sleep(TICK_MS).await?;
    }
    Ok(())
}
