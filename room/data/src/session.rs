//! What is known of one participant at one moment, as plain data: what the participant's object keeps, and what the
//! tables for analysts are made of. It decides nothing. Names of fields are stored: a changed one keeps its former name
//! as an alias, so that what an older build stored is still read.

use std::collections::BTreeMap;

use footlights_experiment::progress::{Progress, Submission};
use footlights_protocol::EpochMs;
use serde::{Deserialize, Serialize};

use crate::event::EventKind;

/// One participant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// The experiment's id.
    pub experiment: String,
    /// The participant.
    pub subject: String,
    /// Where the participant is, what was drawn, and what is known by name.
    #[serde(alias = "stager")]
    pub progress: Progress,
    /// Every submission, in order, wrong answers to a check included.
    #[serde(alias = "sheets")]
    pub submissions: Vec<TimedSubmission>,
    /// What happened outside games, in order. Never taken away from: the place in the list is the event's number.
    pub events: Vec<SessionEvent>,
    /// Who the participant is to a recruiter. Never among the data that analysts share.
    pub identifiers: Option<Identifiers>,
    /// The language in which the participant reads the experiment; empty where an older build did not say it.
    #[serde(default)]
    pub language: String,
    /// When the first page's button was pressed.
    pub begun_at_ms: EpochMs,
    /// When the last page was reached.
    pub ended_at_ms: Option<EpochMs>,
}

/// One submission of a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TimedSubmission {
    /// The scene's id.
    pub scene: String,
    /// When it came.
    pub at_ms: EpochMs,
    /// What was answered, and whether it was right.
    #[serde(alias = "sheet")]
    pub submission: Submission,
}

/// Something worth knowing that happened outside games.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionEvent {
    /// The server's clock.
    pub at_ms: EpochMs,
    /// The scene it happened in; empty where it belongs to none.
    pub scene: String,
    /// What happened.
    pub kind: EventKind,
    /// More about it.
    pub detail: String,
}

/// Who a participant is to a recruiter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identifiers {
    /// The recruiter's name, such as `prolific`, or `link`.
    pub source: String,
    /// What the address said when the participant began, by the parameter's name, such as `PROLIFIC_PID`.
    pub external: BTreeMap<String, String>,
    /// What it said at later visits, where that differs: a new session of the recruiter, for example.
    #[serde(default)]
    pub visits: Vec<BTreeMap<String, String>>,
    /// The same of visits after the last page was reached.
    #[serde(default)]
    pub late_visits: Vec<BTreeMap<String, String>>,
}

impl Identifiers {
    /// All later visits, in order.
    pub fn later(&self) -> impl Iterator<Item = &BTreeMap<String, String>> {
        self.visits.iter().chain(&self.late_visits)
    }

    /// The newest value of each parameter.
    #[must_use]
    pub fn newest(&self) -> BTreeMap<String, String> {
        let mut newest = self.external.clone();
        self.later().for_each(|visit| newest.extend(visit.clone()));
        newest
    }
}
