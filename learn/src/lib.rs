//! Learners: deep Q-learning and proximal policy optimisation, one network for all agents, as pure state machines over [`footlights_env`]'s environments.
//!
//! The same settings and seed learn the same network, bit for bit, natively and in WebAssembly.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod adam;
mod common;
pub mod dqn;
pub mod evaluate;
mod matrix;
mod net;
pub mod onnx;
pub mod ppo;
mod replay;
pub mod run;
mod scale;

pub use adam::Adam;
pub use common::{Common, Output, Shaping};
pub use net::{Net, Shape, Trace};
pub use replay::{Memory, Place, Replay, Then};
pub use run::Run;
pub use scale::Scale;
