//! Buttons that copy a text, such as a completion code.

use footlights_canvas::dom::{OrMissing, Result, document, now, number, warn, window};
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlButtonElement, HtmlElement};

/// Copies the text of the element that the selector in `data-copy` names, and says on the button whether that worked.
pub async fn copy(button: HtmlButtonElement) {
    let copied = copy_text(&button).await;
    if let Err(error) = &copied {
        warn("nothing was copied", error);
    }
    let text = if copied.is_ok() { "Copied" } else { "Please copy it by hand" };
    button.set_text_content(Some(text));
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
