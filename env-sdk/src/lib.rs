//! What an environment or a policy is, and nothing about who runs it.
//!
//! A researcher implements [`Environment`]; [`Sim`] turns it into the type-erased [`Simulation`] that rooms, browsers
//! and tools drive. Everything here is a pure function of (config, seed, actions): no clock, no entropy, no I/O, no
//! host call. [`conformance`] proves that for one environment in one test. [`prelude`] has what an environment's file
//! needs.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod agent;
pub mod conformance;
pub mod digest;
mod discrete;
mod environment;
mod error;
mod fingerprint;
mod image;
mod label;
pub mod math;
pub mod model_files;
pub mod msgpack;
mod overview;
mod policy;
pub mod prelude;
mod random;
mod record;
mod registry;
mod rng;
mod simulation;
mod space;
mod spec;
mod step;
pub mod surface;

pub use agent::{Agent, PerAgent};
pub use discrete::{Discrete, NotAnAction};
pub use environment::{Environment, HudItem, View};
pub use error::{EnvError, PolicyError};
pub use fingerprint::fingerprint;
pub use footlights_env_derive::Discrete;
pub use image::{BundledFrames, BundledImage, Frames, Image};
pub use label::{AgentLabels, Label, Labels, StateLabel};
pub use overview::{Landmark, Meter, Overview};
pub use policy::{Policy, Preferences, RandomPolicy};
pub use random::random_actions;
pub use record::{RecordKind, RecordValue};
pub use registry::{Entry, Make, Registry};
pub use rng::{Rng, Stream};
pub use simulation::{Sim, Simulation};
pub use space::{ActionValue, Space};
pub use spec::{AgentSpec, Spec, Viewport};
pub use step::{Info, Step};
pub use surface::Surface;
