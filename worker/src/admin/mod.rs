//! What researchers do with a running deployment: read its experiments and data, and delete a participant. Tools send the
//! admin token with every request; a researcher who has signed in at `/admin` may read.

mod api;
mod session;
mod site;
mod token;

pub use api::handle;
pub use site::{handle as page, problem};

use worker::{Env, Request};

use crate::error::ApiError;

/// Refuses a token that is not the deployment's.
///
/// # Errors
/// [`ApiError::WrongToken`], and [`ApiError::NoAdminToken`] if the deployment has none.
pub fn check_token(env: &Env, given: &str) -> Result<(), ApiError> {
    token::compare(&token::read(env)?, given)
}

/// The same, for the token in a request's header.
///
/// # Errors
/// As [`check_token`].
pub fn check_request(env: &Env, request: &Request) -> Result<(), ApiError> {
    let header = request.headers().get("authorization")?.unwrap_or_default();
    token::check_header(&token::read(env)?, &header)
}
