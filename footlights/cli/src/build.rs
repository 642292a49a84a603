//! The WebAssembly modules of a lab: those of pages, participants' and the replay's, laid out as static assets; and the
//! worker, with the JavaScript that Cloudflare loads it by. Nothing that is up to date is made again.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{
    cargo, disk, files, models, pack,
    process::say,
    project::{Project, WASM},
    shim::{self, Group, Module},
    stamp::Stamp,
    tools,
};

/// The flags of every wasm module. The edge and the browser both run wasm with 128-bit SIMD (Chrome 91, Firefox 89,
/// Safari 16.4 and newer). It is never the relaxed kind, so results stay the same everywhere.
const RUST_FLAGS: &str = "-C\u{1f}target-feature=+simd128";

/// What the modules are built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// For the local edge: what a change takes is seconds, and size does not matter.
    Serve {
        /// With the runtime of models, which takes minutes the first time.
        models: bool,
    },
    /// For Cloudflare: what browsers load for size, and the worker for speed.
    Deploy {
        /// Runs wasm-opt over them too.
        optimise: bool,
    },
}

/// Builds the modules.
///
/// # Errors
/// A tool is missing and cannot be installed, or the lab does not compile.
pub fn run(project: &Project, purpose: Purpose) -> Result<()> {
    let node = tools::edge()?;
    tools::wasm_target(&project.root)?;
    let shims = shim::write(project)?;
    let (groups, models, optimise) = match purpose {
        Purpose::Serve { models } => (&shim::TOGETHER[..], models, false),
        Purpose::Deploy { optimise } => (&shim::APART[..], project.needs_models, optimise),
    };
    for (place, group) in (1..).zip(groups) {
        let names: Vec<&str> = group.modules.iter().map(|module| module.name()).collect();
        let with = if models && group.has_models() { ", with the runtime of models" } else { "" };
        say(format_args!("compiling, part {place} of {}: {}{with}", groups.len(), names.join(", ")));
        compile(project, &shims, group, models)?;
        for module in group.modules {
            let compiled = project.target.join(WASM).join(group.profile);
            let compiled = compiled.join(module.package(project).replace('-', "_")).with_extension("wasm");
            packed(project, *module, &compiled, &node, optimise)?;
        }
    }
    disk::mirror(&project.assets, &project.pages().join("assets"))?;
    models::for_pages(&project.public_models, &project.pages().join("models"))?;
    files::write(files::MIGRATIONS, &project.out().join("migrations"))
}

/// Compiles the modules of a group. Cargo decides whether there is anything to do.
fn compile(project: &Project, shims: &Path, group: &Group, models: bool) -> Result<()> {
    let mut command = Command::new("cargo");
    command.current_dir(shims).args(["build", "--profile", group.profile, "--target", WASM]);
    for module in group.modules {
        command.args(["--package", &module.package(project)]);
        if models && module.has_models() {
            command.args(["--features", &format!("{}/models", module.package(project))]);
        }
    }
    command.env("CARGO_TARGET_DIR", &project.target).env("CARGO_ENCODED_RUSTFLAGS", RUST_FLAGS);
    // What worker's macros write needs the types of js-sys.
    cargo::build(command.env("WASM_BINDGEN_USE_JS_SYS", "1"))?;
    Ok(())
}
/// Packs a module, with the static files that belong to it.
fn packed(project: &Project, module: Module, compiled: &Path, node: &Path, optimise: bool) -> Result<()> {
    let (name, script) = (module.name(), module.script());
    let out = match module {
        Module::Worker => project.out().join(name),
        _ => project.pages().join(name),
    };
    let wasm = format!("{script}_bg.wasm");
    let models = if module == Module::Worker { models::digests(&project.models) } else { String::new() };
    let settings =
        format!("{name}, {}, optimised: {optimise}, {:?}{models}", pack::VERSION, files::of(module));
    let stamp = Stamp::new(project.out().join("stamps").join(name), &[compiled.to_owned()], &settings)?;
    if stamp.holds(&out.join(&wasm)) {
        return Ok(());
    }
    say(format_args!("packing the {name}"));
    // Beside the old one until it is whole, so that a build that fails or is interrupted leaves something that works.
    let fresh = project.out().join("fresh").join(name);
    if fresh.exists() {
        std::fs::remove_dir_all(&fresh)?;
    }
    files::write(files::of(module), &fresh)?;
    let esbuild = tools::of_node(node, "esbuild");
    let level = if module == Module::Worker {
        models::for_worker(&project.models, &fresh)?;
        pack::worker(compiled, &fresh, &esbuild)?;
        "-Os"
    } else {
        pack::web(compiled, script, &fresh)?;
        pack::minify(&fresh.join(script).with_extension("js"), &esbuild)?;
        "-Oz"
    };
    if optimise {
        pack::optimise(
            name,
            &fresh.join(&wasm),
            level,
            &optimised(project, name),
            &tools::of_node(node, "wasm-opt"),
        )?;
    }
    if out.exists() {
        std::fs::remove_dir_all(&out)?;
    }
    let parent = out.parent().context("no folder to put it in")?;
    std::fs::create_dir_all(parent)?;
    std::fs::rename(&fresh, &out)?;
    stamp.keep()
}

/// Where the latest optimised form of a module is kept.
fn optimised(project: &Project, name: &str) -> PathBuf {
    project.out().join("wasm-opt").join(name)
}
