//! `replay`: a stored game, simulated again from its seed and actions.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use footlights_data::replay::{Replay, ReplayError};
use footlights_env::Registry;

use crate::process::count;

/// Fails with the first step where the game does not come to the recorded state.
pub fn run(registry: &Registry, file: &Path) -> Result<()> {
    let bytes = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    println!("{}", verify(registry, &bytes)?);
    Ok(())
}

fn verify(registry: &Registry, bytes: &[u8]) -> Result<String> {
    let replay = Replay::decode(bytes)?;
    let entry = registry.get(&replay.environment)?;
    let (mut sim, here) =
        (entry.make(&replay.config())?, entry.fingerprint_of(&replay.fingerprinted_config())?);
    let steps = replay.verify(sim.as_mut(), here).map_err(|error| match error {
        ReplayError::OtherBuild { .. } => anyhow!("{error}; replay it with the build that recorded it"),
        other => other.into(),
    })?;
    let episodes = count(replay.episodes.len(), "episode");
    Ok(format!("{}: {steps} steps in {episodes}, every digest holds", replay.info.game_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replays_of_an_earlier_build_hold_to_the_last_digest() {
        let registry = footlights_environments::registry();
        let car = include_bytes!("../../../tests/fixtures/previous-build/mountain_car.msgpack");
        let slime = include_bytes!("../../../tests/fixtures/previous-build/slime_rollback.msgpack");
        assert!(verify(&registry, car).unwrap().contains("187 steps in 1 episode,"));
        assert!(verify(&registry, slime).unwrap().contains("448 steps in 5 episodes"));
    }
}
