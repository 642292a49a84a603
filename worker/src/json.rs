//! JSON that this deployment writes and reads itself: stored records, and calls between objects. What a client sends is
//! parsed elsewhere, since a mistake in it is the client's.
//!
//! It goes through serde_json and not through JavaScript, whose numbers hold 53 bits.

use serde::{Serialize, de::DeserializeOwned};

use crate::error::ApiError;

/// Encodes a value of ours. `place` says what it is, for the log.
///
/// # Errors
/// [`ApiError::OwnData`] if the value has no JSON form.
pub fn encode<T: Serialize + ?Sized>(place: &str, value: &T) -> Result<String, ApiError> {
    serde_json::to_string(value).map_err(|error| ApiError::OwnData { place: place.to_owned(), error })
}

/// The same as [`encode`], with line breaks, for files that people read.
///
/// # Errors
/// [`ApiError::OwnData`] if the value has no JSON form.
pub fn encode_pretty<T: Serialize>(place: &str, value: &T) -> Result<Vec<u8>, ApiError> {
    serde_json::to_vec_pretty(value).map_err(|error| ApiError::OwnData { place: place.to_owned(), error })
}

/// Decodes what we wrote. `place` says what it is, for the log.
///
/// # Errors
/// [`ApiError::OwnData`] if the text is not such a value.
pub fn decode<T: DeserializeOwned>(place: &str, text: &str) -> Result<T, ApiError> {
    serde_json::from_str(text).map_err(|error| ApiError::OwnData { place: place.to_owned(), error })
}
