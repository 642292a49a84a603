//! ONNX models as policies: any feed-forward or recurrent model with discrete actions, wired up by its tensor names.
//!
//! A [`Model`] is loaded once and shared; every seat has an [`OnnxPolicy`] of its own. Whatever does not fit is refused
//! while the model is loaded, so that `act` can only fail on numbers that are not finite.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod check;
mod config;
mod constructors;
pub mod export;
mod model;
mod policy;
mod wiring;

pub use config::{Config, Fixed, Recurrent, Sampling};
pub use model::Model;
pub use policy::OnnxPolicy;
