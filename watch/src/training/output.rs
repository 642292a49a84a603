//! What a run asks for.

use footlights_learn::{self as learn, Net};
use serde_json::Value;

/// A connection: of somebody who watches, or of a trainer elsewhere.
pub type Viewer = u64;

/// What a run asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// A message to a viewer.
    Send {
        /// To whom.
        viewer: Viewer,
        /// The message.
        text: String,
    },
    /// A picture to a viewer, always a whole one: who is slow is sent fewer. It is read like one of a session.
    Picture {
        /// To whom.
        viewer: Viewer,
        /// The picture.
        bytes: Vec<u8>,
    },
    /// An actor is to play and learn; [`Input::Answered`](super::Input::Answered) answers.
    Ask {
        /// Which, from 0.
        actor: u32,
        /// The number of what it is asked for, which stands in the answer.
        number: u64,
        /// What [`Actor::take`](super::Actor::take) takes.
        task: Vec<u8>,
    },
    /// The run must be stored, or what is stored of it forgotten; [`Input::Kept`](super::Input::Kept) answers.
    Keep,
    /// A model was learnt; [`Input::Stored`](super::Input::Stored) answers.
    Model(Box<Saved>),
    /// An episode ended by the rules, for the list of failures.
    Failed {
        /// From 1.
        episode: u32,
        /// Whose agent.
        agent: String,
        /// Why.
        reason: String,
    },
}

/// A network as a run has it.
#[derive(Debug, Clone, PartialEq)]
pub enum ModelFile {
    /// One that was learnt here, for observations as they are.
    Net(Net),
    /// An ONNX file of a trainer elsewhere, as it came: whether it is one must be seen before it is stored.
    Onnx(Vec<u8>),
}

/// A model that was learnt.
#[derive(Debug, Clone, PartialEq)]
pub struct Saved {
    /// Its name.
    pub name: String,
    /// The network.
    pub file: ModelFile,
    /// What the outputs of the network are.
    pub output: learn::Output,
    /// What it was learnt for.
    pub environment: String,
    /// With which configuration.
    pub config: Value,
    /// Episodes and steps until then.
    pub episode: u32,
    /// Steps until then.
    pub steps: u64,
    /// The mean reward of the last ten episodes.
    pub score: f64,
}
