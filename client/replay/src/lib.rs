//! The page on which a researcher watches a stored game again, as one WebAssembly module.
//!
//! [`ReplayController`] plays and [`StepRows`] finds what the data say of a step; both are pure and tested on the host.
//! `web` is the thin shell around them that only exists on wasm. Never knows an experiment, and never changes what is
//! stored.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod address;
mod check;
mod controller;
mod position;
mod rows;
#[cfg(target_arch = "wasm32")]
mod web;

pub use address::{AddressUpdate, ReplayAddress};
pub use check::ReplayCheck;
pub use controller::ReplayController;
#[cfg(target_arch = "wasm32")]
pub use footlights_app::install;
pub use position::ReplayPosition;
pub use rows::{RowsError, StepRows};

/// The static files of the page, by name.
pub const FILES: &[(&str, &str)] = &[
    ("admin.css", include_str!("../static/admin.css")),
    ("again.js", include_str!("../static/again.js")),
    ("boot.js", include_str!("../static/boot.js")),
];
