//! A lab's package, its build output and the user's cache.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use footlights_app::App;
use footlights_env::model_files::ModelFiles;
use serde_json::Value;

use crate::process;

/// The target that the worker and the pages are compiled for.
pub const WASM: &str = "wasm32-unknown-unknown";

/// A lab's package, as cargo knows it.
pub struct Project {
    /// The directory of its manifest.
    pub root: PathBuf,
    /// Its name.
    pub package: String,
    /// Cargo's target directory, which may be elsewhere.
    pub target: PathBuf,
    /// Where the pictures and sounds of the experiments are.
    pub assets: PathBuf,
    /// The files that environments bring with them, by where they lie among the assets.
    pub bundled: BTreeMap<String, &'static [u8]>,
    /// Where `Cargo.lock` is.
    pub workspace: PathBuf,
    /// The directories of the packages that are not fetched from elsewhere: its own, and those it depends on by path.
    pub local: Vec<PathBuf>,
    /// The model files that its experiments play, by name.
    pub models: ModelFiles,
    /// Those among them that browsers load.
    pub public_models: ModelFiles,
    /// The games that play models, by the ids of the experiment and the scene.
    pub with_models: Vec<(String, String)>,
    /// Whether the runtime of models is needed.
    pub needs_models: bool,
    /// How a manifest depends on the very crates of Footlights that the lab depends on, by their names.
    pub crates: BTreeMap<String, String>,
}

impl Project {
    /// Asks cargo about the package in `root`, which `app` is the app of.
    ///
    /// # Errors
    /// There is no package, or it does not depend on `footlights`.
    pub fn at(root: &Path, app: &App) -> Result<Self> {
        let mut cargo = Command::new("cargo");
        cargo.current_dir(root).args([
            "metadata",
            "--format-version",
            "1",
            "--features",
            "footlights/modules",
        ]);
        let metadata: Value = serde_json::from_str(&process::output(&mut cargo)?)?;
        let manifest = root.join("Cargo.toml");
        let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
        let own = packages.iter().find(|package| Path::new(text(&package["manifest_path"])) == manifest);
        let own = own.with_context(|| format!("{} is no package", manifest.display()))?;
        let ours = packages.iter().filter(|package| text(&package["name"]).starts_with("footlights"));
        let crates = ours.map(|package| Ok((text(&package["name"]).to_owned(), dependency(package)?)));
        let resolved = metadata["resolve"]["nodes"].as_array().map(Vec::as_slice).unwrap_or_default();
        let used = used_by(text(&own["id"]), resolved);
        let local = packages.iter().filter(|package| package["source"].is_null());
        let local = local.filter(|package| used.contains(text(&package["id"])));
        let local = local.filter_map(|package| Path::new(text(&package["manifest_path"])).parent());
        let local = local.map(Path::to_owned).collect();
        let checked = app.check();
        let with_models: Vec<_> = checked.models.keys().cloned().collect();
        let watched = checked.watched_models;
        let models = checked.models.into_values().flatten().chain(watched.clone()).collect();
        let public_models = checked.public_models.into_iter().chain(watched).collect();
        Ok(Self {
            root: root.to_owned(),
            assets: root.join(app.assets_folder()),
            bundled: app.registry().bundled_files(),
            package: text(&own["name"]).to_owned(),
            target: text(&metadata["target_directory"]).into(),
            workspace: text(&metadata["workspace_root"]).into(),
            local,
            models,
            public_models,
            needs_models: !with_models.is_empty() || checked.watching_needs_runtime,
            with_models,
            crates: crates.collect::<Result<_>>()?,
        })
    }

    /// How a manifest depends on that crate of Footlights.
    ///
    /// # Errors
    /// The lab does not depend on it.
    pub fn depend(&self, name: &str) -> Result<&str> {
        self.crates.get(name).map(String::as_str).with_context(|| format!("{} needs {name}", self.package))
    }

    /// Where everything is put that is made from the package. Inside of it wherever cargo's target directory is, because
    /// `wrangler.toml` names what is there.
    #[must_use]
    pub fn out(&self) -> PathBuf {
        self.root.join("target/footlights")
    }
}

/// The ids of the packages that one is made of, with its own.
fn used_by<'a>(id: &'a str, resolved: &'a [Value]) -> BTreeSet<&'a str> {
    let (mut used, mut next) = (BTreeSet::new(), vec![id]);
    while let Some(id) = next.pop() {
        if used.insert(id) {
            let node = resolved.iter().find(|node| text(&node["id"]) == id);
            let needs = node.and_then(|node| node["dependencies"].as_array());
            next.extend(needs.into_iter().flatten().map(text));
        }
    }
    used
}

/// The key and value that name the source of a package, as a manifest's dependency has them.
fn dependency(package: &Value) -> Result<String> {
    let version = text(&package["version"]);
    let Some(source) = package["source"].as_str() else {
        let directory =
            Path::new(text(&package["manifest_path"])).parent().context("a manifest without a folder")?;
        return Ok(format!("path = {:?}", directory.display().to_string()));
    };
    // git+URL?branch=…#COMMIT. The lockfile has the commit; another way to name it would be another source to cargo.
    match source.strip_prefix("git+").and_then(|git| git.split_once('#')) {
        Some((git, _)) => match git.split_once('?') {
            Some((url, named)) => {
                let (key, value) = named.split_once('=').context("a git source without a name")?;
                Ok(format!("git = {url:?}, {key} = {value:?}"))
            }
            None => Ok(format!("git = {git:?}")),
        },
        None => Ok(format!("version = \"={version}\"")),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Where what outlives a checkout is kept: `$FOOTLIGHTS_CACHE`, or `footlights` in the user's cache directory.
#[must_use]
pub fn cache() -> Option<PathBuf> {
    let var = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let user = || var("XDG_CACHE_HOME").or_else(|| Some(var("HOME")?.join(".cache")));
    var("FOOTLIGHTS_CACHE").or_else(|| Some(user()?.join("footlights")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_shim_depends_on_the_very_footlights_of_the_lab() {
        let found = |source: Value| {
            let package = json!({ "version": "0.3.1", "manifest_path": "/src/footlights/Cargo.toml", "source": source });
            dependency(&package).unwrap()
        };
        assert_eq!(found(Value::Null), r#"path = "/src/footlights""#);
        assert_eq!(found("registry+https://example.org/index".into()), r#"version = "=0.3.1""#);
        assert_eq!(
            found("git+https://example.org/f?branch=main#0123abc".into()),
            r#"git = "https://example.org/f", branch = "main""#
        );
        assert_eq!(found("git+https://example.org/f#0123abc".into()), r#"git = "https://example.org/f""#);
    }
}
