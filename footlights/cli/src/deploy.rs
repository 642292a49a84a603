//! `deploy`: what `wrangler deploy` does, with the wrangler that this version was tested with.

use std::{path::Path, process::Command};

use anyhow::Result;

use crate::{
    build::{self, Purpose},
    process,
    project::Project,
    tools,
};

/// The variable that says to wrangler's own build step that everything is built.
pub const SKIP_BUILD: &str = "FOOTLIGHTS_SKIP_BUILD";

/// Builds and deploys. `args` are wrangler's.
pub fn run(project: &Project, args: &[String]) -> Result<()> {
    build::run(project, Purpose::Deploy { optimise: true })?;
    let args: Vec<String> = std::iter::once("deploy".to_owned()).chain(args.iter().cloned()).collect();
    process::replace(wrangler(&project.root, &args)?.env(SKIP_BUILD, "1"))
}

/// wrangler in a lab's folder. Unless [`SKIP_BUILD`] says otherwise, it builds what it deploys, whatever `dev` has left there.
///
/// # Errors
/// It cannot be installed.
pub fn wrangler(root: &Path, args: &[String]) -> Result<Command> {
    let mut wrangler = Command::new(tools::of_node(&tools::edge()?, "wrangler"));
    wrangler.current_dir(root).args(args);
    Ok(wrangler)
}
