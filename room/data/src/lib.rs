//! What an experiment leaves behind: chunks of running games, tables as CSV with the codebook that explains them, and
//! replays.
//!
//! Tables are tidy and never ragged: dotted column names (`observations.player_0.ball_x`), an empty field for what is
//! missing, `true`/`false` for booleans, the server's times in epoch milliseconds, a browser's times in monotonic
//! milliseconds, other times in ISO 8601 UTC. Each table is a list of [`column::Column`]s that depends on the
//! configuration only: files of one kind can be put behind each other, and the header, the codebook, the fields and the
//! rows in SQL come from that one list. Nothing here holds a recruiter's identifiers but [`identifiers`].
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

pub mod answers;
pub mod chunk;
pub mod codebook;
pub mod column;
pub mod csv;
pub mod error;
pub mod event;
pub mod events;
pub mod files;
pub mod identifiers;
mod levels;
pub mod metadata;
pub mod participants;
pub mod replay;
pub mod reports;
pub mod session;
pub mod sql;
pub mod steps;
mod validate;
pub mod verdict;

pub use chunk::Chunk;
pub use error::RecordError;
pub use event::EventKind;
pub use replay::Replay;
pub use session::SessionRecord;
pub use validate::validate;
pub use verdict::Verdict;

#[cfg(test)]
mod tests;

/// The migrations of the tables in D1, by file name and in the order of applying them.
pub const MIGRATIONS: &[(&str, &str)] = &[
    ("0001_init.sql", include_str!("../migrations/0001_init.sql")),
    ("0002_answers.sql", include_str!("../migrations/0002_answers.sql")),
    ("0003_seat_outcomes.sql", include_str!("../migrations/0003_seat_outcomes.sql")),
    ("0004_data.sql", include_str!("../migrations/0004_data.sql")),
    ("0005_games_by_start.sql", include_str!("../migrations/0005_games_by_start.sql")),
    ("0006_training_failures.sql", include_str!("../migrations/0006_training_failures.sql")),
    ("0007_visits.sql", include_str!("../migrations/0007_visits.sql")),
    ("0008_language.sql", include_str!("../migrations/0008_language.sql")),
];
