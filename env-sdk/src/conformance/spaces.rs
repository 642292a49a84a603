//! Gate 4, first half: values lie in their spaces, and the declarations fit together.

use super::episode::{EPISODES, episode};
use crate::{label::Labels, record::RecordValue, simulation::Simulation, space::Space, spec::Spec};

/// Gate 4, first half: everything finite and inside what was declared; ends within the limit.
pub(super) fn spaces(sim: &mut dyn Simulation) -> Result<u32, String> {
    let labels = sim.labels();
    declarations(sim.spec(), &labels)?;
    let mut longest = 0;
    let mut flat = Vec::new();
    for number in 0..EPISODES {
        let steps = episode(sim, 4, number, |sim, step| {
            let spec = sim.spec().clone();
            let agents = spec.agents.len();
            if [step.rewards.len(), step.terminated.len(), step.truncated.len()] != [agents; 3] {
                return Err(format!("a step must have one entry for each of {agents} agents"));
            }
            let (low, high) = spec.reward_range;
            if let Some(reward) = step.rewards.iter().find(|r| !(**r >= low && **r <= high)) {
                return Err(format!("tick {}: reward {reward} is outside {low}..{high}", sim.tick()));
            }
            if let Some(info) = step.infos.iter().find(|info| labels.infos.iter().all(|f| f.name != info.key))
            {
                return Err(format!("tick {}: the labels do not list the info {:?}", sim.tick(), info.key));
            }
            for agent in spec.agents() {
                flat.clear();
                sim.observe(agent, &mut flat);
                if !spec.observation_space(agent).contains_flat(&flat) {
                    return Err(format!("tick {}: {agent} observes {flat:?}, outside the space", sim.tick()));
                }
            }
            recorded(&labels, &sim.record()).map_err(|why| format!("tick {}: {why}", sim.tick()))
        })?;
        longest = longest.max(steps);
    }
    Ok(longest)
}

/// What is declared of the agents fits together.
fn declarations(spec: &Spec, labels: &Labels) -> Result<(), String> {
    if ![0, spec.agents.len()].contains(&labels.agents.len()) {
        return Err(format!("there are labels for {} of {} agents", labels.agents.len(), spec.agents.len()));
    }
    for agent in spec.agents() {
        let (places, explained) = (spec.observation_space(agent).len(), labels.observations(agent).len());
        if ![0, places].contains(&explained) {
            return Err(format!("the labels of {agent} explain {explained} of {places} observations"));
        }
        let (space, named) = (spec.action_space(agent), labels.actions(agent).len());
        match space {
            Space::Discrete { n } if [0, *n as usize].contains(&named) => {}
            Space::Box { .. } if named == 0 => {}
            _ => {
                return Err(format!(
                    "the {named} actions that the labels of {agent} name are not the space's"
                ));
            }
        }
        if let Some(noop) = spec.noop(agent).filter(|noop| !space.contains(noop)) {
            return Err(format!("{agent} cannot do {noop}, its noop: it is not in the action space"));
        }
    }
    Ok(())
}

/// What is recorded is what the labels declare, and finite.
fn recorded(labels: &Labels, values: &[RecordValue]) -> Result<(), String> {
    labels.check_record(values)?;
    for (column, value) in labels.state.iter().zip(values) {
        if matches!(value, RecordValue::Number(number) if !number.is_finite()) {
            return Err(format!("{:?} is recorded as {value:?}, which is not finite", column.label.name));
        }
    }
    Ok(())
}
