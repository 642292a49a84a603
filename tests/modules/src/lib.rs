//! Finds modules of a crate that use each other in a circle.
//!
//! Modules are told apart by their files. A file uses another one when it names something that is defined there,
//! whatever re-exports the name goes through. A re-export alone (`pub use`) is no use, so a parent may list what its
//! children offer; it is in a circle with a child when it uses the child's items itself and the child uses its own.
//! What only tests use does not count. Calls of methods are not seen, since only types tell where those are.
#![deny(missing_docs)]

mod graph;
mod tree;
mod uses;

use std::path::Path;

use anyhow::Result;

pub use graph::{Circle, Use};

/// The circles in the crate whose root file this is, the same ones in the same order every time.
///
/// # Errors
/// A file that cannot be read, or that is not Rust.
pub fn circles(root: &Path) -> Result<Vec<Circle>> {
    let tree = tree::Tree::read(root)?;
    Ok(graph::circles(&uses::uses(&tree)))
}
