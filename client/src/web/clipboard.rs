//! Buttons that copy a text, such as a completion code.

use footlights_canvas::dom::{OrMissing, Result, document, now, number, warn, window};
use footlights_protocol::words::texts;
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlButtonElement, HtmlElement};

use super::words::say;

/// Copies the text of the element that the selector in `data-copy` names, and says on the button whether that worked.
pub async fn copy(button: HtmlButtonElement) {
    let copied = copy_text(&button).await;
    if let Err(error) = &copied {
        warn("nothing was copied", error);
    }
    let text = if copied.is_ok() { texts::COPIED } else { texts::COPY_BY_HAND };
    button.set_text_content(Some(&say(text)));
    let _ = button.set_attribute("aria-live", "polite");
    let _ = button.dataset().set("copied", &number(now().0));
}

async fn copy_text(button: &HtmlElement) -> Result<()> {
    let selector = button.dataset().get("copy").unwrap_or_default();
    let source = document()?.query_selector(&selector)?.or_missing(&selector)?;
    let text = source.text_content().unwrap_or_default();
    JsFuture::from(window()?.navigator().clipboard().write_text(text.trim())).await?;
    Ok(())
}
