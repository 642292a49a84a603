//! Random play: the same seed gives the same actions.

use crate::{
    agent::PerAgent,
    digest,
    error::EnvError,
    rng::{Rng, Stream},
    simulation::Simulation,
    space::ActionValue,
};

/// One action an agent, drawn for the tick that comes next.
#[must_use]
pub fn random_actions(sim: &dyn Simulation, seed: u64) -> PerAgent<ActionValue> {
    let draw = |(agent, declared): (u8, &crate::spec::AgentSpec)| {
        let mut rng = Rng::derive(seed, Stream::Policy(agent), sim.episode(), sim.tick() + 1);
        declared.action_space.sample(&mut rng)
    };
    (0..=u8::MAX).zip(&sim.spec().agents).map(draw).collect()
}

/// The digest of so many random ticks, going on with the next episode at each end.
///
/// # Errors
///
/// When a step fails or a state is not finite.
pub(crate) fn random_play(sim: &mut dyn Simulation, seed: u64, ticks: u32) -> Result<u64, EnvError> {
    let mut chain = Vec::with_capacity(ticks as usize * 8);
    let mut episode = 0;
    sim.reset(seed, episode);
    for _ in 0..ticks {
        let step = sim.step(&random_actions(sim, seed))?;
        chain.extend_from_slice(&sim.digest()?.to_le_bytes());
        if step.done() {
            episode += 1;
            sim.reset(seed, episode);
        }
    }
    Ok(digest::of_bytes(&chain))
}
