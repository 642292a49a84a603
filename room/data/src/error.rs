//! Why records cannot be stored, read or made a table of.

use footlights_env::EnvError;

/// Why a record cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Stored bytes do not decode.
    #[error("a stored record cannot be read: {0}")]
    Unreadable(String),
    /// A table, a chunk or a replay cannot be written.
    #[error("a record cannot be written: {0}")]
    Unwritable(String),
    /// The environment cannot be made, so the columns of its steps are not known.
    #[error(transparent)]
    Environment(#[from] EnvError),
}
