//! How a bot plays games.

/// How a bot plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Other keys, now and then.
    Random,
    /// No keys at all.
    Idle,
}
