//! Environments of an app in Python: what the classes of the package `footlights` stand on. A lab's command makes the
//! module of it, with the lab's own environments; the Python files beside this crate make Gymnasium and PettingZoo of it.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

#[cfg(feature = "native")]
mod native;

#[cfg(feature = "native")]
pub use native::fill;

/// The Python files of the package, by their names in it.
pub const FILES: &[(&str, &str)] = &[
    ("__init__.py", include_str!("../footlights/__init__.py")),
    ("_envs.py", include_str!("../footlights/_envs.py")),
    ("_replay.py", include_str!("../footlights/_replay.py")),
    ("_scripted.py", include_str!("../footlights/_scripted.py")),
    ("broadcast.py", include_str!("../footlights/broadcast.py")),
    ("data.py", include_str!("../footlights/data.py")),
    ("overcooked.py", include_str!("../footlights/overcooked.py")),
    ("stable_baselines3.py", include_str!("../footlights/stable_baselines3.py")),
    ("recipes/__init__.py", include_str!("../footlights/recipes/__init__.py")),
    ("recipes/ppo.py", include_str!("../footlights/recipes/ppo.py")),
    ("recipes/clone.py", include_str!("../footlights/recipes/clone.py")),
    ("py.typed", ""),
];

/// What describes the package to those who build and install it.
pub const PROJECT: &str = include_str!("../pyproject.toml");

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    #[test]
    fn every_file_of_the_package_is_in_it() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("footlights");
        let mut found: Vec<String> = Vec::new();
        for part in ["", "recipes/"] {
            let files = fs::read_dir(folder.join(part)).unwrap().map(|entry| entry.unwrap().file_name());
            let names = files.map(|name| name.into_string().unwrap());
            found.extend(names.filter(|name| name.ends_with(".py")).map(|name| format!("{part}{name}")));
        }
        let mut listed: Vec<&str> = super::FILES.iter().map(|(name, _)| *name).collect();
        found.sort_unstable();
        listed.sort_unstable();
        listed.retain(|name| name.ends_with(".py"));
        assert_eq!(found, listed);
    }
}
