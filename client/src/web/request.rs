//! Requests in the background.

use footlights_canvas::dom::{Result, window};
use footlights_protocol::form::NEXT_PAGE;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Document, DomParser, Element, Headers, RequestInit, Response, SupportedType, UrlSearchParams};

/// Posts a form's entries to `path`. The answer may be the next page.
pub async fn post(path: &str, body: &UrlSearchParams) -> Result<Response> {
    let options = RequestInit::new();
    let headers = Headers::new()?;
    headers.set(NEXT_PAGE, "1")?;
    options.set_method("POST");
    options.set_headers(&headers);
    options.set_body(body);
    JsFuture::from(window()?.fetch_with_str_and_init(path, &options)).await?.dyn_into()
}

/// The address of the page in an answer, if it is not the one that was asked for.
pub fn address(answer: &Response) -> Option<String> {
    let elsewhere = answer.redirected().then(|| answer.url());
    elsewhere.or_else(|| answer.headers().get("content-location").ok().flatten())
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
