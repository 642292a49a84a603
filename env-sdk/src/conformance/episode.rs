//! Whole random episodes, which most gates look at.

use crate::{random::random_actions, simulation::Simulation, step::Step};

/// How many episodes a gate plays.
pub(super) const EPISODES: u32 = 3;

/// Plays one random episode, calling `each` after every step; returns its number of steps.
pub(super) fn episode(
    sim: &mut dyn Simulation,
    seed: u64,
    episode: u32,
    mut each: impl FnMut(&mut dyn Simulation, &Step) -> Result<(), String>,
) -> Result<u32, String> {
    sim.reset(seed, episode);
    let limit = sim.step_limit();
    for tick in 1..=limit {
        let step = sim.step(&random_actions(sim, seed)).map_err(|e| e.to_string())?;
        each(sim, &step)?;
        if step.done() {
            return Ok(tick);
        }
    }
    Err(format!("episode {episode} did not end within its {limit} steps"))
}
