//! How often one address may ask for what people watch. What participants do is not counted.

use worker::{Env, Request};

use crate::error::ApiError;

/// The binding that counts, where `wrangler.toml` has one: a rate limit of Cloudflare's, which counts in each of its places
/// (<https://developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit/>).
const LIMIT: &str = "WATCH_LIMIT";
/// Where Cloudflare says who asks.
const CLIENT: &str = "cf-connecting-ip";

/// Refuses a client that has asked too often.
///
/// # Errors
/// [`ApiError::TooMany`].
pub async fn check(request: &Request, env: &Env) -> Result<(), ApiError> {
    let Ok(limit) = env.rate_limiter(LIMIT) else { return Ok(()) };
    let client = request.headers().get(CLIENT)?.unwrap_or_default();
    match limit.limit(client).await {
        Ok(outcome) if !outcome.success => Err(ApiError::TooMany),
        Ok(_) => Ok(()),
        // A count that cannot be made refuses nobody.
        Err(error) => {
            ApiError::from(error).log();
            Ok(())
        }
    }
}
