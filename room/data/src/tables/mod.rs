//! What analysts read: tables as CSV, metadata as JSON, and the codebook that explains every column.
//!
//! Tidy and never ragged: dotted column names (`observations.player_0.3`), empty for what is missing, `true`/`false` for
//! booleans, server times in epoch milliseconds, client times in monotonic milliseconds, other times in ISO 8601 UTC.
//! Every table has a list of [`Column`]s that depends on the configuration only: files of one kind can be put behind
//! each other, and the codebook cannot differ from what is written. Nothing here holds a recruiter's identifiers but
//! [`identifiers_csv`].

mod answers;
mod codebook;
mod column;
mod events;
mod files;
mod identifiers;
mod participant;
mod steps;

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

pub use answers::{answers_columns, answers_csv};
pub use codebook::{Table, configuration, dataset_description, tables};
pub use column::{Column, ColumnType, LabeledValue, arrange, csv, more};
pub use events::{EventRow, events_columns, events_csv, game_events, session_events};
pub use files::{ExportTarget, FileNames, place, readme};
pub use identifiers::{IdentifierRow, identifiers_columns, identifiers_csv};
pub use participant::{globals_json, participant_csv, participants_columns};
pub use steps::{OWN_COLUMNS, metadata, steps_columns, steps_csv};

/// Epoch milliseconds as ISO 8601 in UTC.
pub fn iso8601(epoch_ms: u64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(epoch_ms) * 1_000_000)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
