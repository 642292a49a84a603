//! The programs that everything else needs: found, or installed where that can be done without asking. What cannot is
//! said in one sentence with its remedy.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use footlights_env::digest;

use crate::{
    files, parse, process,
    process::say,
    project::{WASM, cache},
    stamp::Stamp,
};

/// The oldest Node.js that wrangler and the test runner's options work with.
const NODE: (u32, u32, u32) = (20, 11, 0);

/// Node.js, checked.
///
/// # Errors
/// It is missing or too old.
pub fn node() -> Result<PathBuf> {
    let Some(node) = on_path("node") else {
        bail!("Node.js is missing: install version {}.{} or newer from https://nodejs.org", NODE.0, NODE.1);
    };
    let found = process::output(Command::new(&node).arg("--version"))?;
    if parse::version(&found).is_none_or(|version| version < NODE) {
        bail!("Node.js is {found}: install version {}.{} or newer from https://nodejs.org", NODE.0, NODE.1);
    }
    Ok(node)
}

/// The directory of the local edge's program, wrangler and what else Node.js runs, installed in the user's cache.
///
/// # Errors
/// There is no Node.js or no place to install to, or a package cannot be fetched.
pub fn edge() -> Result<PathBuf> {
    node()?;
    let home = cache().context("no place to install the local edge: set FOOTLIGHTS_CACHE to a folder")?;
    let contents: String = files::EDGE.iter().flat_map(|(name, content)| [*name, *content]).collect();
    let directory = home.join(format!("edge-{:016x}", digest::of_bytes(contents.as_bytes())));
    files::write(files::EDGE, &directory)?;
    npm_packages(&directory)?;
    Ok(directory)
}

/// A program of the packages in a directory.
#[must_use]
pub fn of_node(directory: &Path, program: &str) -> PathBuf {
    directory.join("node_modules/.bin").join(program)
}

/// Installs what the `package-lock.json` in a directory lists, unless that is what is installed.
///
/// # Errors
/// npm is missing, or a package cannot be fetched.
pub fn npm_packages(directory: &Path) -> Result<()> {
    let modules = directory.join("node_modules");
    let inputs = [directory.join("package.json"), directory.join("package-lock.json")];
    let stamp = Stamp::new(modules.join(".footlights"), &inputs, "npm ci")?;
    if stamp.holds(&modules.join("miniflare")) {
        return Ok(());
    }
    let npm = on_path("npm")
        .context("npm is missing: it comes with Node.js, on some systems as a package `npm`")?;
    say("installing npm packages, once");
    process::run(Command::new(npm).current_dir(directory).args(["ci", "--no-audit", "--no-fund"]))?;
    stamp.keep()
}

/// The wasm target of the toolchain in use in a directory.
///
/// # Errors
/// It is missing, and there is no rustup to add it.
pub fn wasm_target(directory: &Path) -> Result<()> {
    let rustc = || Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    let mut query = rustc();
    query.current_dir(directory).args(["--print", "target-libdir", "--target", WASM]);
    if Path::new(&process::output(&mut query)?).exists() {
        return Ok(());
    }
    let Some(rustup) = on_path("rustup") else {
        bail!(
            "Rust's {WASM} target is missing: install it, or rustup from https://rustup.rs, which does it by itself"
        );
    };
    say(format_args!("adding the {WASM} target, once"));
    process::run(Command::new(rustup).current_dir(directory).args(["target", "add", WASM]))
}

/// Where a program lies on the path.
#[must_use]
pub fn on_path(program: &str) -> Option<PathBuf> {
    let file = Path::new(program).with_extension(std::env::consts::EXE_EXTENSION);
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|directory| directory.join(&file))
        .find(|path| path.is_file())
}
