//! Which pages of other origins may read what is told here: none, unless the deployment names them.

use worker::{Env, Headers, Method, Request, Response};

use crate::error::ApiError;

/// The variable with the origins, separated by commas. `*` stands for all, `http://localhost:*` for all ports of a host.
const ORIGINS: &str = "FOOTLIGHTS_CORS_ORIGINS";

/// The origin of the request, if it may read.
fn allowed(request: &Request, env: &Env) -> Result<Option<String>, ApiError> {
    let Some(origin) = request.headers().get("origin")? else { return Ok(None) };
    let configured = env.var(ORIGINS).map(|origins| origins.to_string()).unwrap_or_default();
    Ok(matches(&configured, &origin).then_some(origin))
}

fn matches(configured: &str, origin: &str) -> bool {
    configured.split(',').map(str::trim).any(|known| match known.strip_suffix(":*") {
        Some(host) => {
            let port = origin.strip_prefix(host).and_then(|rest| rest.strip_prefix(':'));
            port.is_some_and(|port| port.parse::<u16>().is_ok())
        }
        None => known == "*" || known.trim_end_matches('/') == origin,
    })
}

/// Adds the headers that let a page of an allowed origin read the response.
pub fn open(request: &Request, env: &Env, response: Response) -> Result<Response, ApiError> {
    let headers = Headers::from_iter(response.headers().entries());
    headers.append("vary", "Origin")?;
    if let Some(origin) = allowed(request, env)? {
        headers.set("access-control-allow-origin", &origin)?;
        headers.set("access-control-allow-credentials", "true")?;
    }
    Ok(response.with_headers(headers))
}

/// Answers the question of a browser whether it may ask.
pub fn preflight(request: &Request, env: &Env) -> Result<Response, ApiError> {
    if request.method() != Method::Options {
        return Err(ApiError::NotFound("there is no such page"));
    }
    let response = open(request, env, Response::empty()?.with_status(204))?;
    let headers = Headers::from_iter(response.headers().entries());
    if headers.has("access-control-allow-origin")? {
        headers.set("access-control-allow-methods", "GET, OPTIONS")?;
        headers.set("access-control-allow-headers", "authorization, content-type")?;
        headers.set("access-control-max-age", "600")?;
    }
    Ok(response.with_headers(headers))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn only_origins_that_are_named_may_read() {
        let page = "https://class.example.org";
        for (configured, may) in [
            ("", false),
            ("https://other.example.org", false),
            ("https://class.example.org", true),
            ("https://a.example, https://class.example.org/", true),
            ("https://class.example.org.evil.example", false),
            ("*", true),
            ("https://class.example.org:*", false),
        ] {
            assert_eq!(matches(configured, page), may, "{configured}");
        }
        for (origin, may) in [
            ("http://localhost:5173", true),
            ("http://localhost", false),
            ("http://localhost:x", false),
            ("http://localhost.evil.example:80", false),
        ] {
            assert_eq!(matches("http://localhost:*", origin), may, "{origin}");
        }
    }
}
