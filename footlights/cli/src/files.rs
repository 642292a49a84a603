//! What stands beside the modules: the static files of pages, the tables' migrations, and the programs that Node.js runs.

use std::path::Path;

use anyhow::{Context, Result};

use crate::shim::Module;

/// Files by name.
pub type Files = &'static [(&'static str, &'static str)];

/// The static files of a page.
pub fn of(module: Module) -> Files {
    match module {
        Module::Client | Module::Simulating => footlights_client::FILES,
        Module::Replay => footlights_replay::FILES,
        Module::Policies => footlights_policies::FILES,
        Module::Worker => &[("entry.js", include_str!("worker.js"))],
    }
}

/// The migrations of D1.
pub const MIGRATIONS: Files = footlights_data::MIGRATIONS;

/// The local edge, with the packages that it stands on.
pub const EDGE: Files = &[
    ("package.json", include_str!("../edge/package.json")),
    ("package-lock.json", include_str!("../edge/package-lock.json")),
    ("edge.mjs", include_str!("../edge/edge.mjs")),
    ("migrations.mjs", include_str!("../edge/migrations.mjs")),
    ("watchdog.mjs", include_str!("../edge/watchdog.mjs")),
];

/// Writes files into a directory, which is made if there is none.
pub fn write(files: Files, directory: &Path) -> Result<()> {
    std::fs::create_dir_all(directory).with_context(|| format!("making {}", directory.display()))?;
    for (name, content) in files {
        let path = directory.join(name);
        std::fs::write(&path, content).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

/// Makes a directory a copy of another one, without what it held before.
pub fn mirror(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        std::fs::remove_dir_all(to).with_context(|| format!("removing {}", to.display()))?;
    }
    if from.exists() { copy(from, to) } else { Ok(()) }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from).with_context(|| format!("reading {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
