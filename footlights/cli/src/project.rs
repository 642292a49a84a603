//! A lab's package, its build output and the user's cache.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use footlights_app::App;
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
    /// Where `Cargo.lock` is.
    pub workspace: PathBuf,
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
        Ok(Self {
            root: root.to_owned(),
            assets: root.join(app.assets_folder()),
            package: text(&own["name"]).to_owned(),
            target: text(&metadata["target_directory"]).into(),
            workspace: text(&metadata["workspace_root"]).into(),
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

    /// What pages are served from: `client/x` below it is `/client/x`.
    #[must_use]
    pub fn pages(&self) -> PathBuf {
        self.out().join("pages")
    }
}

/// The key and value that name the source of a package, as a manifest's dependency has them.
fn dependency(package: &Value) -> Result<String> {
    let version = text(&package["version"]);
    let Some(source) = package["source"].as_str() else {
        let directory =
            Path::new(text(&package["manifest_path"])).parent().context("a manifest without a folder")?;
        return Ok(format!("path = {:?}", directory.display().to_string()));
    };
    // git+URL?branch=…#COMMIT
    match source.strip_prefix("git+").and_then(|git| git.split_once('#')) {
        Some((url, commit)) => {
            let url = url.split_once('?').map_or(url, |(url, _)| url);
            Ok(format!("git = {url:?}, rev = {commit:?}"))
        }
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
            r#"git = "https://example.org/f", rev = "0123abc""#
        );
    }
}
