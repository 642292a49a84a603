//! Where this repository and its build output are.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use footlights_cli::{Project, process};
use serde_json::Value;

/// The repository and cargo's view of it.
pub struct Workspace {
    /// Its root directory.
    pub root: PathBuf,
    /// Cargo's target directory, which the environment may have moved elsewhere.
    pub target: PathBuf,
    /// The packages that are not published.
    pub unpublished: Vec<String>,
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
        let target = metadata["target_directory"].as_str().context("cargo names no target directory")?.into();
        let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
        // Without a word about it, a package may be published anywhere.
        let unpublished = packages.iter().filter(|package| !package["publish"].is_null());
        let unpublished =
            unpublished.filter_map(|package| package["name"].as_str().map(str::to_owned)).collect();
        Ok(Self { root, target, unpublished })
    }

    /// A cargo command that runs in the root.
    pub fn cargo(&self) -> Command {
        cargo_in(&self.root)
    }

    /// Builds a program of the workspace and returns its path. A test is built with it, because cargo then chooses the
    /// features that `cargo test` chooses: with others, the runtime of models would be compiled once more.
    pub fn program(&self, name: &str) -> Result<PathBuf> {
        process::run(self.cargo().args(["build", "--workspace", "--bin", name, "--test", "scenarios"]))?;
        Ok(self.target.join("debug").join(name).with_extension(std::env::consts::EXE_EXTENSION))
    }

    /// The variable that tells `simulate` which edge to start.
    pub fn simulate_edge(&self) -> (&'static str, PathBuf) {
        ("FOOTLIGHTS_SIMULATE_EDGE", self.root.join("footlights/cli/edge/simulate.mjs"))
    }

    /// The lab of the examples.
    pub fn examples(&self) -> Result<Project> {
        Project::at(&self.root.join("examples"), &footlights_examples::app())
    }

    /// The lab of the tests, which serves their experiments too.
    pub fn test_lab(&self) -> Result<Project> {
        Project::at(&self.root.join("tests/lab"), &footlights_test_lab::app())
    }
}

// The one on the path: with rustup it is the toolchain that rust-toolchain.toml names, however we were started.
fn cargo_in(root: &Path) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(root);
    cargo
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_of_ours_is_checked_for_overflow() {
        let ws = Workspace::find().unwrap();
        let manifest = std::fs::read_to_string(ws.root.join("Cargo.toml")).unwrap();
        let mut cargo = ws.cargo();
        cargo.args(["metadata", "--no-deps", "--format-version", "1"]);
        let metadata: Value = serde_json::from_str(&process::output(&mut cargo).unwrap()).unwrap();
        for package in metadata["packages"].as_array().unwrap() {
            let name = package["name"].as_str().unwrap();
            let checked = |line: &str| {
                line.starts_with(&format!("{name} = ")) && line.contains("overflow-checks = true")
            };
            assert!(
                manifest.lines().any(checked),
                "{name} is missing in [profile.dev.package] of Cargo.toml"
            );
        }
    }
}
