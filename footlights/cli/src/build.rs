//! The WebAssembly modules of a lab: those of pages, participants' and the replay's, laid out as static assets; and the
//! worker, with the JavaScript that Cloudflare loads it by. Nothing that is up to date is made again.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

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

impl Purpose {
    /// Where it is built: what is deployed lies where `wrangler.toml` says, and what is served here beside it. So nothing
    /// that is being uploaded changes when a file is saved while `dev` runs.
    #[must_use]
    pub fn folder(self, project: &Project) -> PathBuf {
        match self {
            Self::Serve { .. } => project.out().join("serve"),
            Self::Deploy { .. } => project.out(),
        }
    }
}

/// What pages are served from, in the folder of a [`Purpose`]: `client/x` below it is `/client/x`.
fn pages(folder: &Path) -> PathBuf {
    folder.join("pages")
}

/// Builds the modules.
///
/// # Errors
/// A tool is missing and cannot be installed, the lab does not compile, or a model does not fit.
pub fn run(project: &Project, purpose: Purpose) -> Result<()> {
    let node = tools::edge()?;
    let folder = purpose.folder(project);
    let _alone = disk::alone(&folder, "another command builds this lab; waiting for it")?;
    tools::wasm_target(&project.root)?;
    let shims = shim::write(project)?;
    let (groups, models, optimise) = match purpose {
        Purpose::Serve { models: false } => (&shim::TOGETHER[..], false, false),
        Purpose::Serve { models: true } => (&shim::WITH_MODELS[..], true, false),
        Purpose::Deploy { optimise } => (&shim::APART[..], project.needs_models, optimise),
    };
    for (place, group) in (1..).zip(groups) {
        let names: Vec<&str> = group.modules.iter().map(|module| module.name()).collect();
        let with = if models && group.has_models() { ", with the runtime of models" } else { "" };
        let part =
            if groups.len() > 1 { format!(" (part {place} of {})", groups.len()) } else { String::new() };
        say(format_args!("compiling {}{with}{part}", names.join(", ")));
        compile(project, &shims, group, models)?;
        let pack = |module: Module| {
            let compiled = project.target.join(WASM).join(group.profile);
            let compiled = compiled.join(module.package(project).replace('-', "_")).with_extension("wasm");
            packed(project, &folder, module, &compiled, &node, optimise)
        };
        let pack = &pack;
        std::thread::scope(|scope| {
            let packing: Vec<_> =
                group.modules.iter().map(|module| scope.spawn(move || pack(*module))).collect();
            let mut ended = packing.into_iter().map(std::thread::ScopedJoinHandle::join);
            ended.try_for_each(|packed| packed.unwrap_or_else(|_| bail!("packing a module failed")))
        })?;
    }
    disk::mirror(&project.assets, &pages(&folder).join("assets"))?;
    models::write(&project.public_models, &pages(&folder).join("models"))?;
    files::write(files::MIGRATIONS, &project.out().join("migrations"))?;
    if models {
        let policies = pages(&folder).join(Module::Policies.name());
        models::check(project, &policies, &folder, &node)?;
    }
    Ok(())
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

/// Packs a module into the folder of a [`Purpose`], with the static files that belong to it.
fn packed(
    project: &Project,
    folder: &Path,
    module: Module,
    compiled: &Path,
    node: &Path,
    optimise: bool,
) -> Result<()> {
    let (name, script) = (module.name(), module.script());
    let out = match module {
        Module::Worker => folder.join(name),
        _ => pages(folder).join(name),
    };
    let wasm = format!("{script}_bg.wasm");
    let models = if module == Module::Worker { models::digests(&project.models) } else { String::new() };
    let settings =
        format!("{name}, {}, optimised: {optimise}, {:?}{models}", pack::VERSION, files::of(module));
    let stamp = Stamp::new(folder.join("stamps").join(name), &[compiled.to_owned()], &settings)?;
    if stamp.holds(&out.join(&wasm)) {
        return Ok(());
    }
    say(format_args!("packing {name}"));
    // Beside the old one until it is whole, so that a build that fails or is interrupted leaves something that works.
    let fresh = folder.join("fresh").join(name);
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
