//! `python`: the lab's environments as a package for Python. Cargo compiles it once; every Python from 3.10 on can load it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::{
    disk,
    process::{self, say},
    project::{Project, cache},
    shim, tools,
};

/// How to build it.
#[derive(Debug, Args)]
pub struct Options {
    /// Install it for this interpreter too, such as `.venv/bin/python`
    #[arg(long)]
    install: Option<PathBuf>,
}

/// What builds the package.
const MATURIN: &str = "maturin==1.16.0";

/// Builds the package, and says where it lies.
pub fn run(project: &Project, options: &Options) -> Result<()> {
    python(project, options.install.as_deref())
}

/// Builds the Python package of a lab, and installs it for an interpreter.
///
/// # Errors
/// There is no Python to build it with, the lab does not compile, or the interpreter's pip fails.
pub fn python(project: &Project, install: Option<&Path>) -> Result<()> {
    let wheel = build(project)?;
    println!("{}", wheel.display());
    match install {
        Some(python) => {
            let mut pip = Command::new(python);
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).arg(&wheel);
            process::run(&mut pip).with_context(|| format!("installing it for {}", python.display()))?;
            // A wheel of the same version is not installed again otherwise, and one's own environments change.
            pip.args(["--force-reinstall", "--no-deps"]);
            process::run(&mut pip)
        }
        None => {
            say(format_args!("install it: python -m pip install --force-reinstall {}", wheel.display()));
            Ok(())
        }
    }
}

/// Builds the package.
///
/// # Errors
/// There is no Python to build it with, or the lab does not compile.
fn build(project: &Project) -> Result<PathBuf> {
    let python = maturin()?;
    let shim = shim::write(project)?.join(shim::PYTHON);
    let sources: Vec<(String, &str)> = footlights_python::FILES
        .iter()
        .map(|(name, content)| (format!("python/footlights/{name}"), *content))
        .chain([("pyproject.toml".to_owned(), footlights_python::PROJECT)])
        .collect();
    for (name, content) in &sources {
        disk::keep(&shim.join(name), content)?;
    }
    let out = project.out().join("python");
    say("compiling the Python package");
    let mut build = Command::new(python);
    build.current_dir(&shim).args(["-m", "maturin", "build", "--strip", "--out"]).arg(&out);
    process::run(build.env("CARGO_TARGET_DIR", &project.target))?;
    newest(&out)
}

/// The wheel that was written last.
fn newest(directory: &Path) -> Result<PathBuf> {
    let mut wheels = Vec::new();
    for entry in std::fs::read_dir(directory).with_context(|| format!("reading {}", directory.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "whl") {
            wheels.push((path.metadata()?.modified()?, path));
        }
    }
    wheels.sort();
    wheels.pop().map(|(_, path)| path).context("maturin wrote no wheel")
}

/// A Python that has maturin, in an environment of its own in the user's cache.
fn maturin() -> Result<PathBuf> {
    let Some(python) = ["python3", "python"].into_iter().find_map(tools::on_path) else {
        bail!("Python is missing: install version 3.10 or newer from https://www.python.org");
    };
    let home = cache().context("no place to install maturin: set FOOTLIGHTS_CACHE to a folder")?;
    let home = home.join("tools").join(MATURIN.replace("==", "-"));
    let programs = if cfg!(windows) { "Scripts" } else { "bin" };
    let found = home.join(programs).join("python").with_extension(std::env::consts::EXE_EXTENSION);
    let whole = home.join("whole");
    if !whole.exists() {
        say("installing maturin, once");
        process::run(Command::new(&python).args(["-m", "venv", "--clear"]).arg(&home))
            .context("making an environment for maturin; on Debian it needs the package python3-venv")?;
        let mut pip = Command::new(&found);
        process::run(pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", MATURIN]))?;
        std::fs::write(&whole, "")?;
    }
    Ok(found)
}
