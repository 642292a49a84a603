//! Gate 4, second half: what decides a start, and what must not.

use super::episode::episode;
use crate::{agent::Agent, simulation::Simulation};

/// Gate 4, second half: the seed and the episode decide the start; the order in which agents observe changes nothing.
pub(super) fn seeds_and_order(sim: &mut dyn Simulation) -> Result<(), String> {
    let mut start = |seed, number| {
        sim.reset(seed, number);
        observations(sim, sim.spec().agents().collect())
    };
    let first = start(1, 0);
    start(2, 1);
    if start(1, 0) != first {
        return Err("the same seed and episode give another start".into());
    }
    let forward: Vec<Agent> = sim.spec().agents().collect();
    let mut backward = forward.clone();
    backward.reverse();
    episode(sim, 5, 0, |sim, _| {
        let a = observations(sim, forward.clone());
        let before = sim.digest();
        let mut b = observations(sim, backward.clone());
        b.reverse();
        if a == b && before == sim.digest() { Ok(()) } else { Err("the agents' order matters".into()) }
    })?;
    Ok(())
}

fn observations(sim: &dyn Simulation, agents: Vec<Agent>) -> Vec<Vec<f32>> {
    let one = |agent| {
        let mut flat = Vec::new();
        sim.observe(agent, &mut flat);
        flat
    };
    agents.into_iter().map(one).collect()
}
