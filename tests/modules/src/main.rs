//! `cargo run --package footlights-modules`: fails if any crate of the workspace has modules in a circle.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context as _, Result, ensure};
use footlights_modules::{Circle, circles};
use serde_json::Value;

/// Circles that are known and not mended yet: a package, and the files of its circle below the package's directory.
const KNOWN: &[(&str, &[&str])] = &[
    (
        "footlights-client",
        &[
            "src/web/draft.rs",
            "src/web/game.rs",
            "src/web/input.rs",
            "src/web/last.rs",
            "src/web/page.rs",
            "src/web/tab.rs",
        ],
    ),
    ("footlights-env", &["src/conformance.rs", "src/registry.rs"]),
    ("footlights-onnx", &["src/model.rs", "src/policy.rs"]),
    ("footlights-replay", &["src/web/load.rs", "src/web/mod.rs", "src/web/page.rs"]),
    ("footlights-engine", &["src/room/alone.rs", "src/room/durable.rs", "src/room/mod.rs"]),
    ("footlights-worker", &["src/admin.rs", "src/admin/session.rs"]),
    ("footlights-worker", &["src/admin/site.rs", "src/routes.rs"]),
    ("footlights-worker", &["src/objects/lobby.rs", "src/objects/rooms.rs"]),
    ("footlights-worker", &["src/pages.rs", "src/pages/last.rs", "src/pages/questions.rs"]),
];

fn main() -> ExitCode {
    match run() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(found) => {
            eprintln!(
                "error: modules in {found} circles; move what both sides need into a module of its own"
            );
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Prints every circle that is not known; how many there are.
fn run() -> Result<usize> {
    let mut metadata = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    metadata.args(["metadata", "--no-deps", "--format-version", "1"]);
    let output = metadata.output().context("starting cargo metadata")?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let mut found = 0;
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        let manifest = Path::new(package["manifest_path"].as_str().unwrap_or_default());
        let directory = manifest.parent().context("a manifest lies in a directory")?;
        for root in roots(package) {
            for circle in circles(&root)? {
                if !is_known(name, directory, &circle) {
                    eprint!("{name}:\n{circle}");
                    found += 1;
                }
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

fn is_known(package: &str, directory: &Path, circle: &Circle) -> bool {
    KNOWN.iter().any(|(name, files)| {
        let files: BTreeSet<PathBuf> = files.iter().map(|file| directory.join(file)).collect();
        *name == package && circle.files.iter().all(|file| files.contains(file))
    })
}
