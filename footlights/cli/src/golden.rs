//! `golden`: the digests of the lab's environments, which show at once when one of them has become another game.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use footlights_env::{Registry, conformance};

use crate::process::{count, say};

/// The digests by environment, as 16 hexadecimal digits.
type Goldens = BTreeMap<String, String>;

/// Compares the digests of the environments with those in `goldens.json`, or writes them there.
///
/// # Errors
/// An environment has another digest than before, or cannot be simulated.
pub fn run(registry: &Registry, root: &Path, accept: bool) -> Result<()> {
    let path = path(root);
    let (known, here) = (read(&path)?, conformance::goldens(registry)?);
    if accept {
        let text = serde_json::to_string_pretty(&here)? + "\n";
        std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        say(format_args!("{} holds {}", path.display(), count(here.len(), "digest")));
        return Ok(());
    }
    let mut changed = Vec::new();
    for (id, digest) in &here {
        match known.get(id) {
            Some(before) if before == digest => say(format_args!("{id}: {digest}, as before")),
            Some(before) => changed.push(format!("  {id}: {digest}, was {before}")),
            None => say(format_args!("{id}: {digest}, not accepted yet; `golden --accept` writes it down")),
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    bail!(
        "these environments are other games than before; if that is meant, `golden --accept` writes it down:\n{}",
        changed.join("\n")
    )
}

fn path(root: &Path) -> PathBuf {
    root.join("goldens.json")
}

fn read(path: &Path) -> Result<Goldens> {
    if !path.exists() {
        return Ok(Goldens::new());
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no list of digests", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_environment_is_told_until_it_is_accepted() {
        let root = std::env::temp_dir().join(format!("footlights-golden-{}", std::process::id()));
        std::fs::create_dir_all(&root).unwrap();
        let registry = footlights_environments::registry();
        run(&registry, &root, false).unwrap();
        run(&registry, &root, true).unwrap();
        run(&registry, &root, false).unwrap();
        let file = root.join("goldens.json");
        let kept: Goldens = serde_json::from_value(footlights_environments::goldens()).unwrap();
        assert_eq!(read(&file).unwrap(), kept);
        std::fs::write(&file, "{\"mountain-car-v0\": \"00\"}").unwrap();
        let why = run(&registry, &root, false).unwrap_err().to_string();
        assert!(
            why.contains("mountain-car-v0") && why.contains("was 00") && why.contains("--accept"),
            "{why}"
        );
        std::fs::remove_dir_all(root).unwrap();
    }
}
