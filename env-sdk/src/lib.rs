//! What an environment or a policy is, and nothing about who runs it.
//!
//! A researcher implements [`Environment`]; [`Sim`] turns it into the type-erased [`Simulation`] that rooms, browsers
//! and tools drive. Everything here is a pure function of (config, seed, actions): no clock, no entropy, no I/O, no
//! host call. [`conformance`] proves that for one environment in one test.
#![deny(missing_docs)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

pub mod conformance;
pub mod digest;
mod environment;
mod error;
pub mod math;
pub mod msgpack;
mod policy;
mod registry;
mod rng;
mod simulation;
mod space;
pub mod surface;

pub use environment::{
    Agent, Environment, Field, HudItem, Info, Legend, PerAgent, Spec, Step, View, Viewport,
};
pub use error::{EnvError, PolicyError};
pub use policy::{Policy, RandomPolicy};
pub use registry::{Entry, Make, Registry};
pub use rng::{Rng, Stream};
pub use simulation::{Sim, Simulation};
pub use space::{ActionValue, Space};
pub use surface::Surface;
