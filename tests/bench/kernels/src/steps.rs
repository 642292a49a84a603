//! Environment steps with random actions that are drawn beforehand, episode after episode.

use footlights_env::{ActionValue, EnvError, Environment, PerAgent, Registry, Rng, Spec, Stream};

const SEED: u64 = 1;
/// How many steps' actions are drawn beforehand; then they begin anew. A prime, so that episodes differ.
const PREPARED: usize = 4_093;

/// Steps `E` itself, with its own types, and returns the sum of all rewards.
pub fn typed<E: Environment>(steps: u32) -> f32 {
    let config = E::Config::default();
    let spec = E::spec(&config);
    let to_action = |value: ActionValue| E::Action::try_from(value).ok();
    let actions: Vec<PerAgent<E::Action>> = prepared(&spec)
        .into_iter()
        .map(|of_step| of_step.into_iter().filter_map(to_action).collect())
        .collect();
    let (mut episode, mut tick, mut sum) = (0, 0, 0.0);
    let mut state = E::reset(&config, &mut Rng::derive(SEED, Stream::Environment, episode, tick));
    for (_, actions) in (0..steps).zip(actions.iter().cycle()) {
        tick += 1;
        let mut rng = Rng::derive(SEED, Stream::Environment, episode, tick);
        let step = E::step(&config, &mut state, actions, &mut rng);
        sum += step.rewards.iter().sum::<f32>();
        if step.done() || tick >= spec.max_steps {
            (episode, tick) = (episode + 1, 0);
            state = E::reset(&config, &mut Rng::derive(SEED, Stream::Environment, episode, tick));
        }
    }
    sum
}

/// Steps the environment of that id as rooms do, without knowing its types, and returns the sum of all rewards.
pub fn erased(registry: &Registry, id: &str, steps: u32) -> Result<f32, EnvError> {
    let mut simulation = registry.get(id)?.make_default()?;
    let actions = prepared(simulation.spec());
    let (mut episode, mut sum) = (0, 0.0);
    simulation.reset(SEED, episode);
    for (_, actions) in (0..steps).zip(actions.iter().cycle()) {
        let step = simulation.step(actions)?;
        sum += step.rewards.iter().sum::<f32>();
        if step.done() {
            episode += 1;
            simulation.reset(SEED, episode);
        }
    }
    Ok(sum)
}

fn prepared(spec: &Spec) -> Vec<PerAgent<ActionValue>> {
    let mut rng = Rng::derive(SEED, Stream::Policy(0), 0, 0);
    let mut all = || spec.agents.iter().map(|agent| agent.action_space.sample(&mut rng)).collect();
    (0..PREPARED).map(|_| all()).collect()
}

#[cfg(test)]
mod tests {
    use footlights_environments::slime_volleyball::SlimeVolleyball;

    use super::*;

    #[test]
    fn both_ways_to_step_play_the_same_game() {
        let typed = typed::<SlimeVolleyball>(5_000);
        assert_eq!(erased(&footlights_environments::registry(), "slime-volleyball-v0", 5_000), Ok(typed));
    }
}
