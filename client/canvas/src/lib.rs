//! Draw lists on a browser's canvas, and the small things that every page of ours needs from the DOM. Participants'
//! pages and the replay page paint with the same code, so a replay shows what was seen. Never knows a game or a socket.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

#[cfg(target_arch = "wasm32")]
mod assets;
#[cfg(target_arch = "wasm32")]
pub mod dom;
mod letterbox;
#[cfg(target_arch = "wasm32")]
mod painter;

#[cfg(target_arch = "wasm32")]
pub use assets::{AssetEvent, Assets};
pub use letterbox::letterbox;
#[cfg(target_arch = "wasm32")]
pub use painter::Canvas;
