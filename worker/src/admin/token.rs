//! The deployment's admin token.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use worker::Env;

use crate::error::ApiError;

/// The secret that holds the token; there is no default.
const TOKEN: &str = "FOOTLIGHTS_ADMIN_TOKEN";
/// The shortest token that is accepted.
const MIN_LENGTH: usize = 16;

/// The deployment's token.
///
/// # Errors
/// [`ApiError::NoAdminToken`] if there is none, or one that could be guessed.
pub fn read(env: &Env) -> Result<String, ApiError> {
    let token = env.secret(TOKEN).map_err(|_| ApiError::NoAdminToken)?.to_string();
    if token.len() < MIN_LENGTH { Err(ApiError::NoAdminToken) } else { Ok(token) }
}

/// Compares the token with an `Authorization` header.
///
/// # Errors
/// [`ApiError::WrongToken`] if it is another one.
pub fn check_header(token: &str, header: &str) -> Result<(), ApiError> {
    compare(token, header.strip_prefix("Bearer ").unwrap_or_default().trim())
}

/// Compares the token with one that was given.
///
/// # Errors
/// [`ApiError::WrongToken`] if it is another one.
pub fn compare(token: &str, given: &str) -> Result<(), ApiError> {
    if token.len() < MIN_LENGTH {
        return Err(ApiError::NoAdminToken);
    }
    // Digests under the token are compared in constant time, so the duration reveals nothing about the token.
    let mac = |text: &str| {
        Hmac::<Sha256>::new_from_slice(token.as_bytes())
            .map(|mac| mac.chain_update(text.as_bytes()))
            .map_err(|_| ApiError::NoAdminToken)
    };
    let expected = mac(token)?.finalize().into_bytes();
    mac(given)?.verify_slice(&expected).map_err(|_| ApiError::WrongToken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_opens() {
        let token = "0123456789abcdef";
        assert!(check_header(token, "Bearer 0123456789abcdef").is_ok());
        for wrong in [
            "",
            "Bearer ",
            "Bearer 0123456789abcde",
            "Bearer 0123456789abcdef0",
            "0123456789abcdef",
            "bearer x",
        ] {
            assert!(matches!(check_header(token, wrong), Err(ApiError::WrongToken)), "{wrong}");
        }
    }

    #[test]
    fn a_token_that_can_be_guessed_is_none() {
        assert!(matches!(check_header("", "Bearer "), Err(ApiError::NoAdminToken)));
        assert!(matches!(check_header("short", "Bearer short"), Err(ApiError::NoAdminToken)));
    }
}
