//! A page as a response, with the headers that every page has.

use worker::{Headers, Response};

/// Pages load everything from this deployment. Wasm needs a permission of its own.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' \
     'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'self' \
     https://www.mturk.com https://workersandbox.mturk.com";

/// In whose pages a page may be shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Framed {
    /// In our own. A page that a cookie opens could be laid under the clicks of another one.
    Here,
    /// In anybody's, such as a recruiter's: no cookie opens it, so nobody else's page can show what is another's.
    Anywhere,
}

/// A page of ours, with the headers that every page has.
pub fn page(markup: maud::Markup) -> worker::Result<Response> {
    framed(markup, Framed::Here)
}

/// The same, where others may show it.
pub fn framed(markup: maud::Markup, framed: Framed) -> worker::Result<Response> {
    let response = Response::from_html(markup.into_string())?;
    let headers = Headers::new();
    headers.set("content-type", "text/html; charset=utf-8")?;
    headers.set("cache-control", "no-store")?;
    let ancestors = if framed == Framed::Here { "'self'" } else { "*" };
    headers
        .set("content-security-policy", &format!("{CONTENT_SECURITY_POLICY}; frame-ancestors {ancestors}"))?;
    headers.set("x-content-type-options", "nosniff")?;
    headers.set("referrer-policy", "no-referrer")?;
    Ok(response.with_headers(headers))
}
