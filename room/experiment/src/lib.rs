//! What a researcher writes: an experiment is a list of scenes, each made by a builder that is validated at start-up.
//!
//! Beside the builders stand the rules that follow from them and need no server: the order of scenes ([`Element`]), the
//! assignment to conditions ([`assignment`]), the way of one participant through the scenes ([`progress`]), who plays
//! with whom ([`matchmaking`]), and a researcher's own code in a running game ([`hooks`]).
#![deny(missing_docs)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

pub mod assignment;
mod ending;
mod experiment;
mod game;
pub mod hooks;
mod id;
mod location;
pub mod matchmaking;
mod page;
mod plan;
pub mod progress;
mod question;
pub mod record;
pub mod recruiter;
mod run_mode;
mod scene;
mod screening;
mod validate;
mod waitroom;

pub use ending::{Code, Completion, Ending, Transition, with_code};
pub use experiment::Experiment;
pub use game::{
    DropoutRule, EnvironmentRef, Execution, GameScene, PolicyFactory, PresenceRule, Seat, make_policy,
};
pub use location::Location;
pub use page::{ComprehensionCheck, Globals, Page, Part, ValidationErrors, interpolate};
pub use plan::{Block, Condition, Element, Factor};
pub use question::{Answer, Kind, Question};
pub use run_mode::RunMode;
pub use scene::Scene;
pub use screening::{Device, DeviceReport, Requirement, Screening};
pub use validate::ConfigError;
pub use waitroom::Waitroom;
