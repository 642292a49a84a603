//! Whether two builds simulate alike.

use serde::Serialize;

use crate::{
    digest,
    error::EnvError,
    msgpack,
    random::random_play,
    simulation::Simulation,
    space::Space,
    spec::{Spec, Viewport},
};

/// The seed of the random play.
const SEED: u64 = 2026;
/// How many random ticks are played.
const TICKS: u32 = 64;

/// A declaration in which all agents have the same spaces; this form is older than spaces by agent, and stored replays
/// hold digests of it.
#[derive(Serialize)]
struct Alike<'a> {
    id: &'a str,
    agents: usize,
    action_space: &'a Space,
    observation_space: &'a Space,
    max_steps: u32,
    reward_range: (f32, f32),
    viewport: Viewport,
}

/// A declaration in which roles differ.
#[derive(Serialize)]
struct Roles<'a> {
    id: &'a str,
    agents: Vec<(&'a Space, &'a Space)>,
    max_steps: u32,
    reward_range: (f32, f32),
    viewport: Viewport,
}

/// Digest over the declaration and 64 random ticks: equal ones mean that two builds simulate this configuration alike.
/// Actions that do nothing are left out: they do not change what a step does.
///
/// # Errors
///
/// When the declaration cannot be written, a step fails, or a state is not finite.
pub fn fingerprint(sim: &mut dyn Simulation) -> Result<u64, EnvError> {
    let declared = declaration(sim.spec())?;
    let played = random_play(sim, SEED, TICKS)?;
    Ok(digest::of_bytes(&[declared.as_slice(), &played.to_le_bytes()].concat()))
}

fn declaration(spec: &Spec) -> Result<Vec<u8>, EnvError> {
    let Spec { id, agents, max_steps, reward_range, viewport } = spec;
    let (max_steps, reward_range, viewport) = (*max_steps, *reward_range, *viewport);
    let bytes = match spec.shared_spaces() {
        Some((action_space, observation_space)) => {
            let agents = agents.len();
            msgpack::encode(&Alike {
                id,
                agents,
                action_space,
                observation_space,
                max_steps,
                reward_range,
                viewport,
            })
        }
        None => {
            let agents = agents.iter().map(|agent| (&agent.action_space, &agent.observation_space)).collect();
            msgpack::encode(&Roles { id, agents, max_steps, reward_range, viewport })
        }
    };
    bytes.map_err(|e| EnvError::Snapshot { env: "declaration", why: e.to_string() })
}
