//! Builds the kernels' module from the workspace.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// Compiles the kernels as the worker is compiled, and returns the JavaScript that loads them.
pub fn build(root: &Path) -> Result<PathBuf> {
    eprintln!("bench: building the kernels for wasm, minutes if the worker was never built");
    let mut cargo = Command::new("cargo");
    cargo.current_dir(root).args(["build", "--lib", "--release", "--target", "wasm32-unknown-unknown"]);
    cargo.args(["--package", "footlights-bench-kernels", "--message-format", "json-render-diagnostics"]);
    // The worker's build sets it, too: with another value everything would be compiled again.
    let output = cargo.env("WASM_BINDGEN_USE_JS_SYS", "1").stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "building the kernels failed ({})", output.status);
    let messages = String::from_utf8_lossy(&output.stdout).into_owned();
    let files = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut files = files.flat_map(|message| message["filenames"].as_array().cloned().unwrap_or_default());
    let is_module =
        |file: &Value| file.as_str().is_some_and(|file| file.ends_with("footlights_bench_kernels.wasm"));
    let module = files.find(is_module).context("cargo named no module")?;
    // Inside the repository, where package.json says that JavaScript is modules.
    let out = root.join("build/bench");
    footlights_cli::pack_for_browsers(Path::new(module.as_str().unwrap_or_default()), "kernels", &out)?;
    Ok(out.join("kernels.js"))
}
