//! What ids may look like. Ids stand in addresses, in the names of columns and in the names of files.

/// Whether `id` has 1 to 64 letters, digits, `_` and `-`.
#[must_use]
pub fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}
