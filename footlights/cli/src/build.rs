//! The WebAssembly modules of a lab: those of pages, participants' and the replay's, laid out as static assets; and the
//! worker, with the JavaScript that Cloudflare loads it by. Nothing that is up to date is made again.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    cargo, disk, files, models, pack,
    process::{busy, say},
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
    /// As Cloudflare gets it.
    Deploy {
        /// What browsers load is compiled and packed for size, and the worker for speed. Without it, as for tests, the
        /// modules are divided as they are deployed and compiled like those of the local edge.
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
    let build = Build { project, folder, node, models, optimise };
    // Each group is compiled and packed; the models are loaded at the end.
    let all = 2 * groups.len() + usize::from(models);
    for (part, group) in (1..).step_by(2).zip(groups) {
        let has_models = group.iter().any(|module| module.has_models());
        let with = if models && has_models { ", with the runtime of models" } else { "" };
        say(format_args!("compiling {}{with} (part {part} of {all})", names(group)));
        build.compile(&shims, group)?;
        build.pack(group, &format!("part {} of {all}", part + 1))?;
    }
    let pages = files::pages(&build.folder);
    let assets = pages.join("assets");
    disk::mirror(&project.assets, &assets)?;
    for (file, bytes) in &project.bundled {
        disk::keep(&assets.join(file), bytes)?;
    }
    models::write(&project.public_models, &pages.join("models"))?;
    files::write(files::MIGRATIONS, &project.out().join("migrations"))?;
    if models {
        models::check(project, &build.folder, &build.node, &format!("part {all} of {all}"))?;
    }
    Ok(())
}

/// Builds the module with the policies and the runtime of models, as the local edge has it. Returns its folder. What the
/// lab's experiments play is not looked at.
///
/// # Errors
/// A tool is missing and cannot be installed, or the lab does not compile.
pub fn policies(project: &Project) -> Result<PathBuf> {
    let node = tools::edge()?;
    let folder = Purpose::Serve { models: true }.folder(project);
    let _alone = disk::alone(&folder, "another command builds this lab; waiting for it")?;
    tools::wasm_target(&project.root)?;
    let shims = shim::write(project)?;
    let build = Build { project, folder, node, models: true, optimise: false };
    // With the worker, so that it is what the local edge needs, too.
    let [_, group] = shim::WITH_MODELS;
    say("compiling the module that plays models; the runtime takes minutes the first time");
    build.compile(&shims, group)?;
    build.pack(&[Module::Policies], "part 1 of 1")?;
    Ok(files::pages(&build.folder).join(Module::Policies.name()))
}

/// The names of modules, in words.
fn names(modules: &[Module]) -> String {
    modules.iter().map(|module| module.name()).collect::<Vec<_>>().join(", ")
}

/// A build on its way.
struct Build<'a> {
    project: &'a Project,
    /// The folder of its [`Purpose`].
    folder: PathBuf,
    /// Where the programs of Node.js are.
    node: PathBuf,
    /// With the runtime of models.
    models: bool,
    /// Compiled to be small and fast, and wasm-opt runs over what is packed.
    optimise: bool,
}

/// A module whose packed form is not that of what was compiled.
struct Outdated {
    module: Module,
    /// What was compiled.
    compiled: PathBuf,
    /// Where its packed form belongs.
    out: PathBuf,
    /// What it is packed from.
    stamp: Stamp,
}

impl Build<'_> {
    /// Compiles the modules of a group. Cargo decides whether there is anything to do.
    fn compile(&self, shims: &Path, group: Group) -> Result<()> {
        let mut command = Command::new("cargo");
        command.current_dir(shims).args(["build", "--profile", self.profile(group), "--target", WASM]);
        for module in group {
            let package = module.package(self.project);
            command.args(["--package", &package]);
            if self.models && module.has_models() {
                command.args(["--features", &format!("{package}/models")]);
            }
        }
        command.env("CARGO_TARGET_DIR", &self.project.target).env("CARGO_ENCODED_RUSTFLAGS", RUST_FLAGS);
        // What worker's macros write needs the types of js-sys.
        cargo::build(command.env("WASM_BINDGEN_USE_JS_SYS", "1"))?;
        Ok(())
    }

    fn profile(&self, group: Group) -> &'static str {
        if self.optimise { shim::optimised(group) } else { shim::SERVE }
    }

    /// Packs the modules of a group at the same time, but those that are packed already. `part` says which part of the
    /// build it is.
    fn pack(&self, group: Group, part: &str) -> Result<()> {
        let outdated = group.iter().map(|module| self.outdated(*module, self.profile(group)));
        let outdated: Vec<Outdated> = outdated.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
        if outdated.is_empty() {
            return Ok(());
        }
        let modules: Vec<Module> = outdated.iter().map(|outdated| outdated.module).collect();
        let optimising = if self.optimise { " and optimising" } else { "" };
        let sizes = busy(format_args!("packing{optimising} {} ({part})", names(&modules)), || {
            std::thread::scope(|scope| {
                let packing: Vec<_> =
                    outdated.iter().map(|outdated| scope.spawn(|| self.pack_one(outdated))).collect();
                let ended = packing.into_iter().map(std::thread::ScopedJoinHandle::join);
                let ended = ended.map(|packed| packed.unwrap_or_else(|_| bail!("packing a module failed")));
                ended.collect::<Result<Vec<_>>>()
            })
        })?;
        sizes.into_iter().flatten().for_each(say);
        Ok(())
    }

    /// What is to be packed of a module, if it is not packed as it is compiled.
    fn outdated(&self, module: Module, profile: &str) -> Result<Option<Outdated>> {
        let name = module.name();
        let compiled = self.project.target.join(WASM).join(profile);
        let compiled = compiled.join(module.package(self.project).replace('-', "_")).with_extension("wasm");
        let out = match module {
            Module::Worker => self.folder.join(name),
            _ => files::pages(&self.folder).join(name),
        };
        let models = match module {
            Module::Worker => models::digests(&self.project.models),
            _ => String::new(),
        };
        let (version, optimise, files) = (pack::VERSION, self.optimise, files::of(module));
        let settings = format!("{name}, {version}, optimised: {optimise}, {files:?}{models}");
        let stamp =
            Stamp::new(self.folder.join("stamps").join(name), std::slice::from_ref(&compiled), &settings)?;
        let is_packed = stamp.holds(&out.join(wasm(module)));
        Ok((!is_packed).then_some(Outdated { module, compiled, out, stamp }))
    }

    /// Packs a module, with the static files that belong to it. Returns what is to be said of its size.
    fn pack_one(&self, Outdated { module, compiled, out, stamp }: &Outdated) -> Result<Option<String>> {
        let (module, name) = (*module, module.name());
        // Beside the old one until it is whole, so that a build that fails or is interrupted leaves something that works.
        let fresh = self.folder.join("fresh").join(name);
        if fresh.exists() {
            std::fs::remove_dir_all(&fresh)?;
        }
        files::write(files::of(module), &fresh)?;
        for (path, name) in files::of_packages(module) {
            let from = self.node.join("node_modules").join(path);
            std::fs::copy(&from, fresh.join(name)).with_context(|| format!("copying {}", from.display()))?;
        }
        let esbuild = tools::of_node(&self.node, "esbuild");
        let level = if module == Module::Worker {
            models::for_worker(&self.project.models, &fresh)?;
            pack::worker(compiled, &fresh, &esbuild)?;
            "-Os"
        } else {
            pack::web(compiled, module.script(), &fresh)?;
            pack::minify(&fresh.join(module.script()).with_extension("js"), &esbuild)?;
            "-Oz"
        };
        let size = if self.optimise {
            let wasm_opt = tools::of_node(&self.node, "wasm-opt");
            let kept = optimised(self.project, name);
            Some(pack::optimise(name, &fresh.join(wasm(module)), level, &kept, &wasm_opt)?)
        } else {
            None
        };
        if out.exists() {
            std::fs::remove_dir_all(out)?;
        }
        let parent = out.parent().context("no folder to put it in")?;
        std::fs::create_dir_all(parent)?;
        std::fs::rename(&fresh, out)?;
        stamp.keep()?;
        Ok(size)
    }
}

/// The file name of a packed module.
fn wasm(module: Module) -> String {
    format!("{}_bg.wasm", module.script())
}

/// Where the latest optimised form of a module is kept.
fn optimised(project: &Project, name: &str) -> PathBuf {
    project.out().join("wasm-opt").join(name)
}
