//! The crates that are compiled to WebAssembly: a few lines each, which install the lab's app in one of Footlights'
//! modules. They are made below `target/`, in a workspace of their own that has the profiles; the lab's lockfile decides
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
    /// The worker.
    Worker,
}

/// Modules that are compiled together, with one set of features and one profile.
pub struct Group {
    /// What they are.
    pub modules: &'static [Module],
    /// The profile.
    pub profile: &'static str,
}

/// All of them. The first page is compiled by itself because it has fewer features; the policies share the worker's
/// runtime for models.
pub const GROUPS: [Group; 3] = [
    Group { modules: &[Module::Worker, Module::Policies], profile: "release" },
    Group { modules: &[Module::Client], profile: "page" },
    Group { modules: &[Module::Simulating, Module::Replay], profile: "page" },
];

impl Module {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Client, Self::Simulating, Self::Replay, Self::Policies, Self::Worker];

    /// What it is called: pages are served below `/{name}/`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Simulating => "simulating",
            Self::Replay => "replay",
            Self::Policies => "policies",
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
            Self::Worker => "footlights-worker",
        }
    }

    /// The features of that crate, and those of `footlights`.
    fn features(self) -> (&'static str, &'static str) {
        match self {
            Self::Client | Self::Replay => ("", ""),
            Self::Simulating => ("\"simulate\"", ""),
            Self::Policies | Self::Worker => ("", "\"models\""),
        }
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

[profile.page]
inherits = "release"
opt-level = "z"
lto = true
codegen-units = 1

[profile.page.package.footlights-env]
opt-level = "s"

[profile.page.package.rand_chacha]
opt-level = 3

[profile.dev.build-override]
opt-level = 0
"#;

/// Writes the shims of a lab and returns the directory of their workspace. A file that is as it was is not touched, so
/// that nothing is compiled again for it.
pub fn write(project: &Project) -> Result<PathBuf> {
    let directory = project.out().join("shim");
    let names: Vec<String> = Module::ALL.iter().map(|module| format!("{:?}", module.name())).collect();
    let workspace = format!("[workspace]\nresolver = \"3\"\nmembers = [{}]\n{PROFILES}", names.join(", "));
    keep(&directory.join("Cargo.toml"), &workspace)?;
    for module in Module::ALL {
        let (name, root, package) =
            (module.package(project), project.root.display().to_string(), &project.package);
        let (facade, of) = (project.depend("footlights")?, project.depend(module.of())?);
        let (features, models) = module.features();
        let manifest = format!(
            "[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
             [lib]\ncrate-type = [\"cdylib\"]\n\n\
             [dependencies]\nlab = {{ package = {package:?}, path = {root:?} }}\n\
             footlights = {{ {facade}, default-features = false, features = [{models}] }}\n\
             module = {{ package = {:?}, {of}, default-features = false, features = [{features}] }}\n\
             wasm-bindgen = \"0.2\"\n",
            module.of()
        );
        let source = "//! Made by the build. What is changed here is lost.\n\n\
             /// Makes the lab's app the one of this module.\n\
             #[wasm_bindgen::prelude::wasm_bindgen(start)]\n\
             pub fn install() {\n    module::install(lab::app);\n}\n";
        keep(&directory.join(module.name()).join("Cargo.toml"), &manifest)?;
        keep(&directory.join(module.name()).join("src/lib.rs"), source)?;
    }
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
