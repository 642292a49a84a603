//! A sentence in English, by which its translations are found.

/// A sentence in English, which is also the key of its translations. Names in braces are filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text(pub &'static str);

/// A sentence with a number `{n}` in it, in English: its form for one, and its form for other numbers, which is also the key
/// of its translations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// The form for one.
    pub one: &'static str,
    /// The form for other numbers.
    pub other: &'static str,
}
