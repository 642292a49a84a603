//! The command `simulate` of a lab: bots walk an experiment as participants do, over real HTTP and WebSockets, and what
//! they saw is compared with what was stored.
//!
//! Bots, their walk and what is made of it are those of `footlights_testing`. The command compiles a program of a line or
//! two, which calls `main` with the lab's app: what this stands on is behind the feature `bots`, and is not compiled for those
//! who never simulate. Without it there are the [`Options`], so that the command refuses wrong ones before it compiles.

#[cfg(feature = "bots")]
mod edge;
mod options;
#[cfg(feature = "bots")]
mod run;

pub use options::{Keys, Options};
#[cfg(feature = "bots")]
pub use run::{NODE, SCRIPT, main};
