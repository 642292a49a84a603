//! What requests share: redirects, and the reading of forms.

use futures_util::StreamExt;
use worker::{Headers, Request, Response};

use crate::error::ApiError;

/// The longest form, in bytes: more than a participant's record has room for, so that who sends too much reads which answer
/// to shorten. A character takes up to nine bytes.
const MAX_FORM: usize = 4 * 1024 * 1024;

/// The longest field, in bytes: several times what a question takes at most, so that who types or pastes too much reads how
/// much that is.
const MAX_FIELD: usize = 256 * 1024;

/// How many bytes of a form that is too long are read before it is refused. workerd closes a connection whose request was
/// answered unread, and the sender may then see a broken connection in place of the answer.
const MAX_READ: usize = 8 * 1024 * 1024;

/// Redirects to another page, with the headers that are already set.
pub fn see_other(to: &str, headers: Headers) -> Result<Response, ApiError> {
    headers.set("location", to)?;
    headers.set("cache-control", "no-store")?;
    Ok(Response::empty()?.with_status(303).with_headers(headers))
}

/// Whether the request wants to become a WebSocket.
pub fn is_socket(request: &Request) -> bool {
    let upgrade = request.headers().get("upgrade").ok().flatten();
    upgrade.is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
}

/// The fields of a form.
///
/// # Errors
/// [`ApiError::BadRequest`] if it is none, or longer than any page of ours can make it.
pub async fn form(request: &mut Request) -> Result<Vec<(String, String)>, ApiError> {
    let mut body = Vec::new();
    // A request without a body has no stream either.
    if request.inner().body().is_some() {
        let mut chunks = request.stream()?;
        let mut read = 0;
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk?;
            read += chunk.len();
            if read <= MAX_FORM {
                body.extend(chunk);
            } else if read > MAX_READ {
                break;
            }
        }
        if read > MAX_FORM {
            return Err(ApiError::BadRequest(format!("a form of more than {MAX_FORM} bytes")));
        }
    }
    let fields: Vec<(String, String)> =
        serde_html_form::from_bytes(&body).map_err(|error| ApiError::BadRequest(error.to_string()))?;
    match fields.iter().find(|(_, value)| value.len() > MAX_FIELD) {
        Some(_) => Err(ApiError::BadRequest(format!("a field of more than {MAX_FIELD} bytes"))),
        None => Ok(fields),
    }
}
