//! The WebAssembly modules of a lab: those of pages, participants' and the replay's, laid out as static assets; and the
//! worker, with the JavaScript that Cloudflare loads it by. Nothing that is up to date is made again.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{
    disk, files, pack, process,
    process::say,
    project::{Project, WASM},
    shim::{self, GROUPS, Group, Module},
    stamp::Stamp,
    tools,
};

/// The flags of every wasm module. The edge and the browser both run wasm with 128-bit SIMD (Chrome 91, Firefox 89,
/// Safari 16.4 and newer). It is never the relaxed kind, so results stay the same everywhere.
const RUST_FLAGS: &str = "-C\u{1f}target-feature=+simd128";

/// Builds what is deployed, what browsers load for size and the worker for speed; `optimise` runs wasm-opt over them
/// too.
///
/// # Errors
/// A tool is missing and cannot be installed, or the lab does not compile.
pub fn run(project: &Project, optimise: bool) -> Result<()> {
    let node = tools::edge()?;
    tools::wasm_target(&project.root)?;
    let shims = shim::write(project)?;
    let all = GROUPS.len();
    for (place, group) in (1..).zip(&GROUPS) {
        let names: Vec<&str> = group.modules.iter().map(|module| module.name()).collect();
        say(format_args!("compiling, part {place} of {all}: {}", names.join(" and ")));
        compile(project, &shims, group)?;
        for module in group.modules {
            let compiled = project.target.join(WASM).join(group.profile);
            let compiled = compiled.join(module.package(project).replace('-', "_")).with_extension("wasm");
            packed(project, *module, &compiled, &node, optimise)?;
        }
    }
    disk::mirror(&project.assets, &project.pages().join("assets"))?;
    files::write(files::MIGRATIONS, &project.out().join("migrations"))
}

/// Compiles the modules of a group. Cargo decides whether there is anything to do.
fn compile(project: &Project, shims: &Path, group: &Group) -> Result<()> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(shims).args(["build", "--profile", group.profile, "--target", WASM]);
    for module in group.modules {
        cargo.args(["--package", &module.package(project)]);
    }
    cargo.env("CARGO_TARGET_DIR", &project.target).env("CARGO_ENCODED_RUSTFLAGS", RUST_FLAGS);
    // What worker's macros write needs the types of js-sys.
    process::run(cargo.env("WASM_BINDGEN_USE_JS_SYS", "1"))
}

/// Packs a module, with the static files that belong to it.
fn packed(project: &Project, module: Module, compiled: &Path, node: &Path, optimise: bool) -> Result<()> {
    let (name, script) = (module.name(), module.script());
    let out = match module {
        Module::Worker => project.out().join(name),
        _ => project.pages().join(name),
    };
    let wasm = format!("{script}_bg.wasm");
    let settings = format!("{name}, {}, optimised: {optimise}, {:?}", pack::VERSION, files::of(module));
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
