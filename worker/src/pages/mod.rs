//! The pages, as HTML. A game's page is an empty section that the client fills.

pub mod admin;
mod form;
mod index;
mod last;
mod parts;
mod preview;
mod problem;
mod scene;
mod shell;
mod view;
mod watch;
mod words;

pub use form::copy;
pub use index::index;
pub use last::withdrawn;
pub use preview::preview;
pub use problem::problem;
pub use scene::scene;
pub use view::{Retry, View};
pub use watch::{train, watch};
