//! `cargo run --package footlights-modules`: fails if any crate of the workspace has modules in a cycle.

use std::{
    path::PathBuf,
    process::{Command, ExitCode},
};

use anyhow::{Context as _, Result, ensure};
use footlights_modules::cycles;
use serde_json::Value;

fn main() -> ExitCode {
    match run() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(found) => {
            eprintln!("error: modules in {found} cycles; move what both sides need into a module of its own");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Prints every cycle and counts them.
fn run() -> Result<usize> {
    let mut metadata = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    metadata.args(["metadata", "--no-deps", "--format-version", "1"]);
    let output = metadata.output().context("starting cargo metadata")?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let mut found = 0;
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        for root in roots(package) {
            for cycle in cycles(&root)? {
                eprint!("{name}:\n{cycle}");
                found += 1;
            }
        }
    }
    Ok(found)
}

/// The root files of a package's library and programs.
fn roots(package: &Value) -> Vec<PathBuf> {
    let targets = package["targets"].as_array().into_iter().flatten();
    let product = targets.filter(|target| {
        let kinds = target["kind"].as_array().into_iter().flatten().filter_map(Value::as_str);
        kinds.into_iter().any(|kind| matches!(kind, "lib" | "rlib" | "cdylib" | "proc-macro" | "bin"))
    });
    product.filter_map(|target| target["src_path"].as_str().map(PathBuf::from)).collect()
}
