//! The pages on which people watch policies play and learn.
//!
//! `static/watch-page.js` and `static/train.js` are the pages' programs: they speak with a session and fill in words, bars and
//! charts. The module paints the session's pictures.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

#[cfg(target_arch = "wasm32")]
mod stage;

#[cfg(target_arch = "wasm32")]
pub use footlights_app::install;

/// The static files of the pages, by name.
pub const FILES: &[(&str, &str)] = &[
    ("boot.js", include_str!("../static/boot.js")),
    ("charts.js", include_str!("../static/charts.js")),
    ("picture.js", include_str!("../static/picture.js")),
    ("local.js", include_str!("../static/local.js")),
    ("socket.js", include_str!("../static/socket.js")),
    ("train.js", include_str!("../static/train.js")),
    ("view.js", include_str!("../static/view.js")),
    ("watch.css", include_str!("../static/watch.css")),
    ("watch-page.js", include_str!("../static/watch-page.js")),
];
