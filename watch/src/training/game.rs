//! Makes a game of a run's environment.

use footlights_env::{Registry, Simulation};
use serde_json::Value;

/// A game of that environment with that configuration.
///
/// # Errors
/// There is no such environment here, or it refuses the configuration; in words for who wants the run.
pub fn make(registry: &Registry, environment: &str, config: &Value) -> Result<Box<dyn Simulation>, String> {
    let entry = registry.get(environment).map_err(|error| error.to_string())?;
    entry.make(config).map_err(|error| error.to_string())
}
