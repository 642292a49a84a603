//! What a game writes down beside actions and rewards.

use serde::Serialize;

use crate::{
    hooks::{Hooks, HooksFactory},
    id::is_id,
};

/// What a game writes down beside actions and rewards.
#[derive(Clone, Serialize)]
pub struct Recording {
    /// Whether the observations are columns of the CSV; a replay gives them back in any case.
    #[serde(rename = "record_observations")]
    pub observations: bool,
    /// The researcher's own code that looks on.
    #[serde(skip)]
    pub hooks: Option<HooksFactory>,
}

impl Default for Recording {
    fn default() -> Self {
        Self { observations: true, hooks: None }
    }
}

impl Recording {
    /// The researcher's own code, for one game.
    #[must_use]
    pub fn make_hooks(&self) -> Option<Box<dyn Hooks>> {
        self.hooks.as_ref().map(|make| make())
    }
}

/// Whether names can stand in the data: well formed, and each only once.
pub(super) fn validate_names(mut names: Vec<String>) -> Result<(), (&'static str, String)> {
    names.sort();
    if let Some(name) = names.windows(2).find_map(|pair| match pair {
        [a, b] if a == b => Some(a),
        _ => None,
    }) {
        return Err(("hooks", format!("{name:?} appears twice")));
    }
    match names.iter().find(|name| !is_id(name)) {
        Some(name) => Err(("hooks", format!("{name:?} must be 1 to 64 letters, digits, _ and -"))),
        None => Ok(()),
    }
}
