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

/// Play and learn for another run, until the network was updated once.
#[derive(Debug, Serialize, Deserialize)]
pub struct LearnBeside {
    /// What a run asks of its actor, in base64.
    pub task: String,
}

/// The answer.
#[derive(Debug, Serialize, Deserialize)]
pub struct Learnt {
    /// What was learnt, in base64.
    pub answer: String,
}

object_requests! {
    /// What the object of a training run takes.
    TrainingRequest to Training {
        CountViewers -> ViewerCount,
        LearnBeside -> Learnt,
    }
}

/// Somebody who watches a training run, or a trainer elsewhere that tells of it.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingHandoff {
    pub run: String,
    pub rights: Rights,
}

/// What a connection may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rights {
    Watch,
    /// It came with the token: it starts, pauses, resumes and stops, too.
    Control,
    /// It came with the token, and tells of a run.
    Publish,
}

impl Rights {
    /// As the tag of a socket.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Watch => "watch",
            Self::Control => "control",
            Self::Publish => "publish",
        }
    }

    /// From the tag of a socket.
    pub fn of_tag(tag: &str) -> Option<Self> {
        [Self::Watch, Self::Control, Self::Publish].into_iter().find(|rights| rights.tag() == tag)
    }
}

impl Handoff for TrainingHandoff {
    type Envelope = TrainingRequest;
    const PURPOSE: &'static str = "handoff-training";
}
