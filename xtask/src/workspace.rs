//! Where this repository, its build output and the user's cache are.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process;

/// The wasm target that the worker and the client are built for.
pub const WASM: &str = "wasm32-unknown-unknown";

/// The repository and cargo's view of it.
pub struct Workspace {
    /// Its root directory.
    pub root: PathBuf,
    /// Cargo's target directory, which the environment may have moved elsewhere.
    pub target: PathBuf,
    packages: Vec<(PathBuf, String)>,
}

impl Workspace {
    /// Asks cargo about the workspace that this command belongs to.
    pub fn find() -> Result<Self> {
        let manifest =
            std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&manifest).parent().context("xtask must lie inside the workspace")?.to_owned();
        let mut cargo = cargo_in(&root);
        cargo.args(["metadata", "--no-deps", "--format-version", "1"]);
        let metadata: Value = serde_json::from_str(&process::output(&mut cargo)?)?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
        let packages =
            packages.iter().map(|p| (PathBuf::from(text(&p["manifest_path"])), text(&p["name"]))).collect();
        Ok(Self { target: text(&metadata["target_directory"]).into(), root, packages })
    }

    /// A cargo command that runs in the root.
    pub fn cargo(&self) -> Command {
        cargo_in(&self.root)
    }

    /// The name of the package in a directory of the root.
    pub fn package(&self, directory: &str) -> Result<&str> {
        let manifest = self.root.join(directory).join("Cargo.toml");
        let found = self.packages.iter().find(|(path, _)| *path == manifest);
        found
            .map(|(_, name)| name.as_str())
            .with_context(|| format!("the workspace has no package in {directory}/"))
    }

    /// What `Cargo.lock` says.
    pub fn lockfile(&self) -> Result<String> {
        std::fs::read_to_string(self.root.join("Cargo.lock")).context("reading Cargo.lock")
    }
}

// The one on the path: with rustup it is the toolchain that rust-toolchain.toml names, however we were started.
fn cargo_in(root: &Path) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(root);
    cargo
}

/// Where what outlives a checkout is kept: `$FOOTLIGHTS_CACHE`, or `footlights` in the user's cache directory.
pub fn cache() -> Option<PathBuf> {
    let var = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let user = || var("XDG_CACHE_HOME").or_else(|| Some(var("HOME")?.join(".cache")));
    var("FOOTLIGHTS_CACHE").or_else(|| Some(user()?.join("footlights")))
}
