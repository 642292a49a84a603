//! Requests in the background.

use footlights_canvas::dom::{Result, window};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Document, DomParser, Element, RequestInit, Response, SupportedType, UrlSearchParams};

/// Posts a form's entries to `path`.
pub async fn post(path: &str, body: &UrlSearchParams) -> Result<Response> {
    let options = RequestInit::new();
    options.set_method("POST");
    options.set_body(body);
    JsFuture::from(window()?.fetch_with_str_and_init(path, &options)).await?.dyn_into()
}

/// Fetches the page at the current address again.
pub async fn current_page() -> Result<Response> {
    JsFuture::from(window()?.fetch_with_str(&window()?.location().href()?)).await?.dyn_into()
}

/// The page in an answer.
pub async fn parse(answer: &Response) -> Result<Document> {
    let html = JsFuture::from(answer.text()?).await?.as_string().unwrap_or_default();
    let page = DomParser::new()?.parse_from_string(&html, SupportedType::TextHtml)?;
    // A parser runs no scripts, so it makes elements of what is for browsers that run none. On a page of ours it is text.
    let without = page.query_selector_all("noscript")?;
    for element in (0..without.length()).filter_map(|place| without.get(place)) {
        let element: Element = element.dyn_into()?;
        element.set_text_content(Some(&element.inner_html()));
    }
    Ok(page)
}
