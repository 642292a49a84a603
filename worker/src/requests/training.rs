//! Requests to the object of a training run.

use serde::{Deserialize, Serialize};

use super::{envelope::object_requests, handoff::Handoff};

/// How many people watch?
#[derive(Debug, Serialize, Deserialize)]
pub struct CountViewers {}

/// The answer.
#[derive(Debug, Serialize, Deserialize)]
pub struct ViewerCount {
    pub viewers: u32,
    /// Whether a run is under way.
    pub active: bool,
}

object_requests! {
    /// What the object of a training run takes.
    TrainingRequest to Training {
        CountViewers -> ViewerCount,
    }
}

/// Somebody who watches a training run.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingHandoff {
    pub run: String,
    /// Whether they came with the token.
    pub may_control: bool,
}

impl Handoff for TrainingHandoff {
    type Envelope = TrainingRequest;
    const PURPOSE: &'static str = "handoff-training";
}
