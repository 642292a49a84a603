//! `cargo xtask replay`: a stored game, simulated again from its seed and actions.

use std::path::Path;

use anyhow::{Context, Result};
use footlights_data::replay::Replay;
use footlights_env::Registry;

/// Fails with the first place where the game does not come to the recorded state.
pub fn run(registry: &Registry, file: &Path) -> Result<()> {
    let bytes = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let replay = Replay::decode(&bytes)?;
    let entry = registry.get(&replay.environment)?;
    let steps = replay.verify(entry.make(&replay.config())?.as_mut(), entry.fingerprint()?)?;
    let episodes = replay.episodes.len();
    println!("{}: {steps} steps in {episodes} episodes, every digest holds", replay.info.game_id);
    Ok(())
}
