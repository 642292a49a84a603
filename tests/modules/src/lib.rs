//! Finds modules of a crate that use each other in a cycle.
//!
//! Modules are told apart by their files. A file uses another one when it names something that is defined there,
//! whatever re-exports the name goes through. A re-export alone (`pub use`) is no use, so a parent may list what its
//! children offer; it is in a cycle with a child when it uses the child's items itself and the child uses its own.
//! What only tests use does not count. Calls of methods are not seen, since only types tell where those are.

mod graph;
mod tree;
mod uses;

use std::path::Path;

use anyhow::Result;

pub use graph::{Cycle, Use};

/// The cycles in the crate whose root file this is, the same ones in the same order every time.
///
/// # Errors
/// A file that cannot be read, or that is not Rust.
pub fn cycles(root: &Path) -> Result<Vec<Cycle>> {
    let tree = tree::Tree::read(root)?;
    Ok(graph::cycles(&uses::uses(&tree)))
}
