//! The Rust snippets of the book: each is compiled and run as a doctest of this crate.
#![doc(html_no_source)]

#[doc = include_str!("../../../docs/book/src/browser-execution.md")]
mod browser_execution {}
#[doc = include_str!("../../../docs/book/src/coming-from.md")]
mod coming_from {}
#[doc = include_str!("../../../docs/book/src/data.md")]
mod data {}
#[doc = include_str!("../../../docs/book/src/deploying.md")]
mod deploying {}
#[doc = include_str!("../../../docs/book/src/environments.md")]
mod environments {}
#[doc = include_str!("../../../docs/book/src/experiments.md")]
mod experiments {}
#[doc = include_str!("../../../docs/book/src/internals.md")]
mod internals {}
#[doc = include_str!("../../../docs/book/src/introduction.md")]
mod introduction {}
#[doc = include_str!("../../../docs/book/src/matching.md")]
mod matching {}
#[doc = include_str!("../../../docs/book/src/policies.md")]
mod policies {}
#[doc = include_str!("../../../docs/book/src/python.md")]
mod python {}
#[doc = include_str!("../../../docs/book/src/recruiting.md")]
mod recruiting {}
#[doc = include_str!("../../../docs/book/src/tasks.md")]
mod tasks {}
#[doc = include_str!("../../../docs/book/src/training.md")]
mod training {}
#[doc = include_str!("../../../docs/book/src/tutorial.md")]
mod tutorial {}
#[doc = include_str!("../../../docs/book/src/watching.md")]
mod watching {}
