//! ONNX models as policies: any feed-forward or recurrent model, wired up by its tensor names.
//!
//! A [`Model`] is loaded once and shared; every seat has an [`OnnxPolicy`] of its own. Whatever does not fit is refused
//! while the model is loaded, so that `act` can only fail on numbers that are not finite.
//!
//! Without the feature `runtime` no model can be loaded: [`Model::load`] says [`PolicyError::NoRuntime`]. What only needs
//! to know an experiment is built so, because the runtime takes minutes to compile.
//!
//! [`PolicyError::NoRuntime`]: footlights_env::PolicyError::NoRuntime
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

#[cfg(not(feature = "runtime"))]
mod absent;
#[cfg(feature = "runtime")]
mod action;
#[cfg(feature = "runtime")]
mod check;
mod config;
#[cfg(feature = "runtime")]
mod constructors;
mod contents;
#[cfg(feature = "runtime")]
pub mod export;
#[cfg(feature = "runtime")]
mod external;
#[cfg(feature = "runtime")]
mod feed;
mod file;
#[cfg(feature = "runtime")]
mod inspect;
#[cfg(feature = "runtime")]
mod model;
#[cfg(feature = "runtime")]
mod policy;
#[cfg(feature = "runtime")]
mod wiring;

pub use config::{Config, Fit, Fixed, Input, Output, Recurrent, Sampling, Spread, Transposed};
pub use contents::Contents;
pub use file::ModelFile;

#[cfg(not(feature = "runtime"))]
pub use absent::{Model, OnnxPolicy, contents, external_files, pack, suggest};
#[cfg(feature = "runtime")]
pub use external::{external_files, pack};
#[cfg(feature = "runtime")]
pub use inspect::{contents, suggest};
#[cfg(feature = "runtime")]
pub use model::Model;
#[cfg(feature = "runtime")]
pub use policy::OnnxPolicy;
