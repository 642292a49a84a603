//! What a researcher writes: an experiment is a list of scenes, each made by a builder and validated at start-up.
//!
//! Start with [`Experiment`], [`Page`] and [`GameScene`], or import everything with the [`prelude`]. Besides the builders,
//! this crate has the rules that follow from them and need no server: the order of scenes ([`Element`]), the
//! [`assignment`] to conditions, the [`progress`] of one participant through the scenes, [`matchmaking`], and the
//! [`hooks`] by which a researcher's own code looks on while a game runs.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod answer;
pub mod arrival;
pub mod assignment;
mod checkpoint;
mod condition;
mod ending;
mod experiment;
mod game;
pub mod hooks;
mod id;
mod interpolate;
mod language;
mod location;
mod markdown;
pub mod matchmaking;
mod page;
mod plan;
pub mod prelude;
mod presence;
pub mod progress;
pub mod question;
pub mod record;
pub mod recruiter;
mod run_mode;
mod scene;
mod screening;
mod seat;
mod translation;
mod validate;
pub mod values;
mod waitroom;

pub use answer::{Answer, Globals};
pub use checkpoint::Checkpoint;
pub use condition::{Condition, levels};
pub use ending::{Code, Completion, Ending, Transition};
pub use experiment::{Experiment, SESSION};
pub use footlights_env::{Frames, Image};
pub use footlights_protocol::{EpochMs, InputDelay, KeySet, MonotonicMs, Outcome, Tick};
pub use game::{Assets, AttendanceRules, Controls, EnvironmentRef, Episodes, GameScene, Recording, Stepping};
pub use id::is_id;
pub use interpolate::{address, interpolate, interpolate_in};
pub use language::{is_right_to_left, own_name};
pub use location::Location;
pub use markdown::markdown;
pub use page::{ComprehensionCheck, Page, Part, TimeLimit, ValidationErrors};
pub use plan::{Block, Element, Factor, Unit};
pub use presence::{DropoutRule, PresenceRule};
pub use question::Question;
pub use run_mode::{Execution, RunMode};
pub use scene::Scene;
pub use screening::{Device, DeviceReport, Requirement, Screening};
pub use seat::{PolicyFactory, Seat, make_policy};
pub use translation::texts_of;
pub use validate::{ConfigError, Divided};
pub use waitroom::Waitroom;
