//! The policies of single-player games for participants' browsers, which run them as well as the room does. They are a
//! module of their own, because the runtime of the models is twenty times as large as everything else that a page loads.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[cfg(target_arch = "wasm32")]
mod inspect;
#[cfg(target_arch = "wasm32")]
mod watch;
#[cfg(target_arch = "wasm32")]
mod web;

#[cfg(target_arch = "wasm32")]
pub use footlights_app::install;

/// The static files of the module, by name.
pub const FILES: &[(&str, &str)] = &[("boot.js", include_str!("../static/boot.js"))];
