//! Gates 1 and 3: a snapshot is the whole state.

use super::episode::{EPISODES, episode};
use crate::{agent::PerAgent, random::random_actions, simulation::Simulation, space::ActionValue};

/// How many ticks are undone at once.
const ROLLBACK: usize = 8;

/// Gate 1: step, snapshot, roll back, step again; the digests are equal.
pub(super) fn rollback(sim: &mut dyn Simulation) -> Result<(), String> {
    for number in 0..EPISODES {
        let mut history: Vec<(Vec<u8>, PerAgent<ActionValue>, u64)> = Vec::new();
        sim.reset(1, number);
        for _ in 0..sim.spec().max_steps {
            let before = sim.save().map_err(|e| e.to_string())?;
            let actions = random_actions(sim, 1);
            let step = sim.step(&actions).map_err(|e| e.to_string())?;
            history.push((before, actions, sim.digest().map_err(|e| e.to_string())?));
            let window = history.len().saturating_sub(ROLLBACK);
            if let Some((start, ..)) = history.get(window) {
                sim.load(start).map_err(|e| e.to_string())?;
            }
            for (_, actions, digest) in history.iter().skip(window) {
                sim.step(actions).map_err(|e| e.to_string())?;
                if sim.digest().map_err(|e| e.to_string())? != *digest {
                    return Err(format!(
                        "episode {number}, tick {}: the digest differs after a rollback",
                        sim.tick()
                    ));
                }
            }
            if step.done() {
                break;
            }
        }
    }
    Ok(())
}

/// Gate 3: through bytes and back at every tick, into a simulation that was elsewhere.
pub(super) fn save_load(sim: &mut dyn Simulation, other: &mut dyn Simulation) -> Result<usize, String> {
    let mut largest = 0;
    for number in 0..EPISODES {
        episode(sim, 3, number, |sim, _| {
            let saved = sim.save().map_err(|e| e.to_string())?;
            largest = largest.max(saved.len());
            other.load(&saved).map_err(|e| e.to_string())?;
            let same = other.save().map_err(|e| e.to_string())? == saved
                && other.digest() == sim.digest()
                && (other.tick(), other.episode()) == (sim.tick(), sim.episode());
            if same {
                Ok(())
            } else {
                Err(format!("tick {}: a loaded snapshot is not the state", sim.tick()))
            }
        })?;
    }
    if other.load(&[0xc1, 0xff]).is_ok() {
        return Err("garbage was accepted as a snapshot".into());
    }
    Ok(largest)
}
