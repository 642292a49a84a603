//! Requests to the object that assigns an experiment's participants to conditions.

use serde::{Deserialize, Serialize};

use super::envelope::object_requests;

/// A participant begins and needs a condition. The reply is its index among the experiment's conditions; the same
/// participant always gets the same one.
#[derive(Debug, Serialize, Deserialize)]
pub struct Assign {
    pub experiment: String,
    pub subject: String,
}

/// A participant sent a page. Conditions are balanced over the participants who complete the experiment or may still do
/// so.
#[derive(Debug, Serialize, Deserialize)]
pub struct RecordProgress {
    pub subject: String,
    /// Whether they completed the experiment; `None` while it goes on.
    pub completed: Option<bool>,
}

/// A participant was deleted.
#[derive(Debug, Serialize, Deserialize)]
pub struct Forget {
    pub subject: String,
}

object_requests! {
    /// What the object of an experiment's assignment takes.
    AssignmentRequest to Assignment {
        Assign -> usize,
        RecordProgress -> (),
        Forget -> (),
    }
}
