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
    ("data.py", include_str!("../footlights/data.py")),
    ("overcooked.py", include_str!("../footlights/overcooked.py")),
    ("recipes/__init__.py", include_str!("../footlights/recipes/__init__.py")),
    ("recipes/ppo.py", include_str!("../footlights/recipes/ppo.py")),
    ("recipes/clone.py", include_str!("../footlights/recipes/clone.py")),
    ("py.typed", ""),
];

/// What describes the package to those who build and install it.
pub const PROJECT: &str = include_str!("../pyproject.toml");
