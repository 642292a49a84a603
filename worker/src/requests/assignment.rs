//! Requests to the object that assigns an experiment's participants to conditions.

use footlights_experiment::Condition;
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

/// A group was made whose game is varied by levels that it does not have yet. The reply has one of each; the same game always
/// gets the same ones, and so do all games of one session.
#[derive(Debug, Serialize, Deserialize)]
pub struct AssignGroup {
    pub experiment: String,
    pub scene: String,
    pub game: String,
    /// What the members were assigned to before.
    pub known: Condition,
    /// The session of the members, where levels belong to one.
    pub session: Option<String>,
}

/// The game of a group is over. Levels are balanced over groups whose games were completed.
#[derive(Debug, Serialize, Deserialize)]
pub struct RecordGroup {
    pub game: String,
    pub completed: bool,
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
        AssignGroup -> Condition,
        RecordGroup -> (),
        RecordProgress -> (),
        Forget -> (),
    }
}
