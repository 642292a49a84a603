//! The participant's page as one WebAssembly module.
//!
//! [`netcode`] decides and [`view`] words what is shown, both pure and tested on the host; `web` is the thin shell
//! around them that only exists on wasm. Never knows an experiment, and never changes the game: it sends keys and
//! paints.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

pub mod netcode;
pub mod view;
#[cfg(target_arch = "wasm32")]
mod web;

#[cfg(target_arch = "wasm32")]
pub use web::install;

/// The static files of the page, by name: what stands beside the module.
pub const FILES: &[(&str, &str)] = &[
    ("boot.js", include_str!("../static/boot.js")),
    ("favicon.svg", include_str!("../static/favicon.svg")),
    ("old.js", include_str!("../static/old.js")),
    ("pages.css", include_str!("../static/pages.css")),
    ("style.css", include_str!("../static/style.css")),
];
