//! What stands beside the modules: the static files of pages, the tables' migrations, and the programs that Node.js runs.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::{disk::keep, shim::Module};

/// Files by name.
pub type Files = &'static [(&'static str, &'static str)];

/// The static files of a page.
pub fn of(module: Module) -> Files {
    match module {
        Module::Client | Module::Simulating => footlights_client::FILES,
        Module::Replay => footlights_replay::FILES,
        Module::Policies => footlights_policies::FILES,
        Module::Watch => footlights_watch_page::FILES,
        Module::Worker => &[("entry.js", include_str!("worker.js"))],
    }
}

/// The files of npm packages that a page loads: the path below `node_modules`, and the name that it gets.
#[must_use]
pub fn of_packages(module: Module) -> Files {
    match module {
        Module::Watch => {
            &[("uplot/dist/uPlot.esm.js", "uPlot.esm.js"), ("uplot/dist/uPlot.min.css", "uPlot.min.css")]
        }
        _ => &[],
    }
}

/// What pages are served from, in the folder of a build: `client/x` below it is `/client/x`.
#[must_use]
pub fn pages(folder: &Path) -> PathBuf {
    folder.join("pages")
}

/// The migrations of D1.
pub const MIGRATIONS: Files = footlights_data::MIGRATIONS;

/// The local edge, with the packages that it stands on.
pub const EDGE: Files = &[
    ("package.json", include_str!("../edge/package.json")),
    ("package-lock.json", include_str!("../edge/package-lock.json")),
    ("broadcast.mjs", include_str!("../edge/broadcast.mjs")),
    ("dev.mjs", include_str!("../edge/dev.mjs")),
    ("edge.mjs", include_str!("../edge/edge.mjs")),
    ("export.mjs", include_str!("../edge/export.mjs")),
    ("migrations.mjs", include_str!("../edge/migrations.mjs")),
    ("models.mjs", include_str!("../edge/models.mjs")),
    ("module.mjs", include_str!("../edge/module.mjs")),
    ("policy.mjs", include_str!("../edge/policy.mjs")),
    ("simulate.mjs", include_str!("../edge/simulate.mjs")),
    ("watchdog.mjs", include_str!("../edge/watchdog.mjs")),
];

/// Writes files into a directory, which is made if there is none. What is as it was is not touched: another program may
/// be reading it.
pub fn write(files: Files, directory: &Path) -> Result<()> {
    files.iter().try_for_each(|(name, content)| keep(&directory.join(name), content))
}
