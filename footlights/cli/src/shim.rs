//! The crates that a lab's command compiles: a few lines each. Those of WebAssembly install the lab's app in one of
//! Footlights' modules; one is a program of this machine. They are made below `target/`, in a workspace of their own that has the profiles; the lab's lockfile decides
//! every version.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::{disk::keep, project::Project};

/// A module of what is deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Module {
    /// The page of experiments whose games run on the edge alone.
    Client,
    /// The page of experiments whose games browsers simulate.
    Simulating,
    /// The researcher's page that plays a stored game again.
    Replay,
    /// The policies of games that browsers run.
    Policies,
    /// The pages on which people watch policies play and learn.
    Watch,
    /// The worker.
    Worker,
}

/// Modules that are compiled together, with one set of features and one profile.
pub type Group = &'static [Module];

/// For the local edge without models: all at once, so that everything is compiled once. Cargo then unifies their features,
/// so the page of experiments that run on the edge alone can simulate, too: it is larger here than it is deployed.
pub const TOGETHER: [Group; 1] = [&Module::ALL];

/// For the local edge with models. With the features of the others, pages would have the experiments and the runtime of
/// models in them: twenty megabytes that are packed anew whenever an experiment changes.
pub const WITH_MODELS: [Group; 2] = [
    &[Module::Client, Module::Simulating, Module::Replay, Module::Watch],
    &[Module::Policies, Module::Worker],
];

/// For Cloudflare. The first page is compiled without those that simulate because it has fewer features; the policies share the worker's
/// runtime for models.
pub const APART: [Group; 3] = [
    &[Module::Worker, Module::Policies],
    &[Module::Client, Module::Watch],
    &[Module::Simulating, Module::Replay],
];

/// The profile of what is compiled in seconds rather than to be small and fast.
pub const SERVE: &str = "serve";

/// The profile of a group of [`APART`] when it is optimised.
#[must_use]
pub fn optimised(group: Group) -> &'static str {
    if group.contains(&Module::Worker) { "release" } else { "page" }
}

impl Module {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Client, Self::Simulating, Self::Replay, Self::Policies, Self::Watch, Self::Worker];

    /// What it is called: pages are served below `/{name}/`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Simulating => "simulating",
            Self::Replay => "replay",
            Self::Policies => "policies",
            Self::Watch => "watch",
            Self::Worker => "worker",
        }
    }

    /// The name of its JavaScript, without `.js`.
    #[must_use]
    pub fn script(self) -> &'static str {
        match self {
            Self::Client | Self::Simulating => "client",
            Self::Worker => "index",
            other => other.name(),
        }
    }

    /// The crate that it is made of.
    fn of(self) -> &'static str {
        match self {
            Self::Client | Self::Simulating => "footlights-client",
            Self::Replay => "footlights-replay",
            Self::Policies => "footlights-policies",
            Self::Watch => "footlights-watch-page",
            Self::Worker => "footlights-worker",
        }
    }

    /// The features of that crate.
    fn features(self) -> &'static str {
        if self == Self::Simulating { "\"simulate\"" } else { "" }
    }

    /// Whether models run in it.
    #[must_use]
    pub fn has_models(self) -> bool {
        matches!(self, Self::Policies | Self::Worker)
    }

    /// The name of its package in this lab.
    #[must_use]
    pub fn package(self, project: &Project) -> String {
        format!("{}-{}", project.package, self.name())
    }
}

/// How modules are compiled. Pages go over poor networks, so they are small; what simulates in them is a little larger
/// and faster, and random numbers are most of a tick's cost when they are slow.
const PROFILES: &str = r#"
[profile.release]
opt-level = 3
panic = "abort"
codegen-units = 4
debug = false

# What reads and simplifies a model does so once, when it is loaded; what runs it is in tract-core and tract-linalg.
[profile.release.package]
tract-extra.opt-level = "s"
tract-hir.opt-level = "s"
tract-nnef.opt-level = "s"
tract-onnx.opt-level = "s"
tract-onnx-opl.opt-level = "s"

[profile.page]
inherits = "release"
opt-level = "z"
lto = true
codegen-units = 1

[profile.page.package.footlights-env]
opt-level = "s"

[profile.page.package.rand_chacha]
opt-level = 3

# Programs of this machine: as the manifest of a new lab has it, so that what both need is compiled once.
[profile.dev]
opt-level = 1
debug = "line-tables-only"
overflow-checks = false

[profile.dev.package."*"]
debug = false

# What simulates is fast.
[profile.dev.package]
footlights-env.opt-level = 3
footlights-environments.opt-level = 3
footlights-learn.opt-level = 3
libm.opt-level = 3
rand_chacha.opt-level = 3
footlights-python.opt-level = 3
footlights-raster.opt-level = 3
tiny-skia.opt-level = 3
tiny-skia-path.opt-level = 3

# What is served or tested on the machine of who writes it is compiled in seconds.
[profile.serve]
inherits = "release"
opt-level = 1
codegen-units = 16
incremental = true

# But what simulates and learns is fast there, too: a lesson may be held from a laptop.
[profile.serve.package]
footlights-env.opt-level = 3
footlights-environments.opt-level = 3
footlights-learn.opt-level = 3
tract-extra.opt-level = 1
tract-hir.opt-level = 1
tract-nnef.opt-level = 1
tract-onnx.opt-level = 1
tract-onnx-opl.opt-level = 1
"#;

/// The name of the shim of the Python package.
pub const PYTHON: &str = "python";

/// The name of the package of the program that simulates participants of a lab.
#[must_use]
pub fn simulate(project: &Project) -> String {
    format!("{}-simulate", project.package)
}

/// Writes the shims of a lab and returns the directory of their workspace. A file that is as it was is not touched, so
/// that nothing is compiled again for it.
pub fn write(project: &Project) -> Result<PathBuf> {
    let directory = project.out().join("shim");
    let names = Module::ALL.iter().map(|module| module.name()).chain(["simulate", PYTHON]);
    let names: Vec<String> = names.map(|name| format!("{name:?}")).collect();
    let workspace = format!(
        "[workspace]\nresolver = \"3\"\nmembers = [{}]\n{PROFILES}\n[profile.dev.package.{}]\nopt-level = 3\n",
        names.join(", "),
        project.package
    );
    keep(&directory.join("Cargo.toml"), &workspace)?;
    for module in Module::ALL {
        let (name, root, package) =
            (module.package(project), project.root.display().to_string(), &project.package);
        let (facade, of) = (project.depend("footlights")?, project.depend(module.of())?);
        let manifest = format!(
            "[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
             [lib]\ncrate-type = [\"cdylib\"]\n\n\
             [features]\nmodels = [\"footlights/models\"]\n\n\
             [dependencies]\nlab = {{ package = {package:?}, path = {root:?} }}\n\
             footlights = {{ {facade}, default-features = false }}\n\
             module = {{ package = {:?}, {of}, default-features = false, features = [{}] }}\n\
             wasm-bindgen = \"0.2\"\n",
            module.of(),
            module.features()
        );
        let source = "//! Made by the build. What is changed here is lost.\n\n\
             /// Makes the lab's app the one of this module.\n\
             #[wasm_bindgen::prelude::wasm_bindgen(start)]\n\
             pub fn install() {\n    module::install(lab::app);\n}\n";
        keep(&directory.join(module.name()).join("Cargo.toml"), &manifest)?;
        keep(&directory.join(module.name()).join("src/lib.rs"), source)?;
    }
    let manifest = format!(
        "[package]\nname = {:?}\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
         [dependencies]\nlab = {{ package = {:?}, path = {:?} }}\nfootlights-simulate = {{ {}, features = [\"bots\"] }}\n",
        simulate(project),
        project.package,
        project.root.display().to_string(),
        project.depend("footlights-simulate")?
    );
    let source = "//! Made by the build. What is changed here is lost.\n\n\
         fn main() -> std::process::ExitCode {\n    footlights_simulate::main(lab::app)\n}\n";
    keep(&directory.join("simulate/Cargo.toml"), &manifest)?;
    keep(&directory.join("simulate/src/main.rs"), source)?;
    let manifest = format!(
        "[package]\nname = \"{package}-python\"\nversion = {:?}\nedition = \"2024\"\npublish = false\n\n\
         [lib]\ncrate-type = [\"cdylib\"]\n\n\
         [dependencies]\nlab = {{ package = {package:?}, path = {:?} }}\nfootlights-python = {{ {}, features = [\"native\"] }}\n\
         pyo3 = {{ version = \"0.30\", features = [\"extension-module\"] }}\n",
        env!("CARGO_PKG_VERSION"),
        project.root.display().to_string(),
        project.depend("footlights-python")?,
        package = project.package,
    );
    let source = "//! Made by the build. What is changed here is lost.\n\nuse pyo3::prelude::*;\n\n\
         /// The environments of the lab.\n#[pymodule]\n\
         fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {\n    \
         footlights_python::fill(module, lab::app)\n}\n";
    keep(&directory.join(PYTHON).join("Cargo.toml"), &manifest)?;
    keep(&directory.join(PYTHON).join("src/lib.rs"), source)?;
    lock(project, &directory)?;
    Ok(directory)
}

/// The versions are those of the lab's lockfile; cargo only adds the shims to it.
fn lock(project: &Project, directory: &Path) -> Result<()> {
    let path = project.workspace.join("Cargo.lock");
    let lock = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let copied = directory.join("lab.lock");
    if std::fs::read_to_string(&copied).is_ok_and(|kept| kept == lock)
        && directory.join("Cargo.lock").exists()
    {
        return Ok(());
    }
    keep(&directory.join("Cargo.lock"), &lock)?;
    keep(&copied, &lock)
}
