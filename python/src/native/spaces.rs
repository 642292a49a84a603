//! Values between Python and environments.

use std::sync::{Mutex, MutexGuard, PoisonError};

use footlights_env::{ActionValue, Entry, EnvError, PerAgent, Simulation, Space, Spec, Step};
use pyo3::{Bound, PyAny, PyResult, types::PyAnyMethods};
use serde_json::{Value, json};

use super::error::{env, value};

/// The entry of an environment.
pub fn entry(id: &str) -> PyResult<&'static Entry> {
    let registry = footlights_app::installed().registry();
    registry.get(id).map_err(|_| {
        let known: Vec<&str> = registry.iter().map(|entry| entry.id).collect();
        value(format!("no environment is called {id:?}; there are {}", known.join(", ")))
    })
}

/// A simulation of that environment with a configuration in JSON.
pub fn make(id: &str, config: &str) -> PyResult<Box<dyn Simulation>> {
    let config = serde_json::from_str(config).map_err(value)?;
    entry(id)?.make(&config).map_err(env)
}

/// One action an agent, from Python's: a whole number, or a sequence of numbers.
pub fn actions(spec: &Spec, given: &[Bound<'_, PyAny>]) -> PyResult<PerAgent<ActionValue>> {
    if given.len() != spec.agents.len() {
        return Err(value(format!("{} actions for {} agents", given.len(), spec.agents.len())));
    }
    let one = |(agent, given): (&footlights_env::AgentSpec, &Bound<'_, PyAny>)| match agent.action_space {
        Space::Discrete { .. } => given.extract::<i32>().map(ActionValue::Discrete),
        Space::Box { .. } => given.extract::<Vec<f32>>().map(ActionValue::Continuous),
    };
    spec.agents.iter().zip(given).map(one).collect()
}

/// A declaration as JSON: spaces by agent, the step limit, the range of rewards, the size of pictures.
pub fn declaration(sim: &dyn Simulation) -> Result<String, EnvError> {
    let spec = sim.spec();
    let labels = sim.labels();
    let agent = |agent: footlights_env::Agent| {
        json!({
            "id": agent.to_string(),
            "action": space(spec.action_space(agent)),
            "observation": space(spec.observation_space(agent)),
            "actions": labels.actions(agent),
            "observations": labels.observations(agent).iter().map(|label| label.name.as_ref()).collect::<Vec<_>>(),
        })
    };
    Ok(json!({
        "id": spec.id,
        "config": sim.config()?,
        "agents": spec.agents().map(agent).collect::<Vec<_>>(),
        "max_steps": spec.max_steps,
        "reward_range": [spec.reward_range.0, spec.reward_range.1],
        "viewport": [spec.viewport.width, spec.viewport.height],
        "infos": labels.infos.iter().map(|label| label.name.as_ref()).collect::<Vec<_>>(),
    })
    .to_string())
}

fn space(space: &Space) -> Value {
    match space {
        Space::Discrete { n } => json!({ "n": n }),
        Space::Box { low, high } => json!({ "low": low, "high": high }),
    }
}

/// What a step returned, for Python: rewards, ends and infos by agent.
pub type Stepped = (Vec<f32>, Vec<bool>, Vec<bool>, Vec<(usize, &'static str, f64)>);

pub fn stepped(step: &Step) -> Stepped {
    let infos = step.infos.iter().map(|info| (info.agent.index(), info.key, info.value));
    (step.rewards.to_vec(), step.terminated.to_vec(), step.truncated.to_vec(), infos.collect())
}

/// What a lock guards. Nothing panics while it is held, so it is never poisoned.
pub fn hold<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
