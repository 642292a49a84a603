//! What a lab's command `policy check` asks about a model file that no experiment plays yet.

use std::{collections::BTreeMap, fmt::Write as _};

use footlights_env::{ActionValue, Agent, PerAgent, Policy as _, Rng, Simulation, Stream};
use footlights_onnx::{self as onnx, Contents, Model};
use js_sys::Uint8Array;
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

/// Ticks after which the trial ends if the episode has not.
const TRIAL: u32 = 1000;

fn wrong(why: impl AsRef<str>) -> JsError {
    JsError::new(why.as_ref())
}

/// The files beside a model in which it keeps values, by their paths from its folder.
///
/// # Errors
/// The bytes are not an ONNX file.
#[wasm_bindgen]
pub fn external(model: &[u8]) -> Result<Vec<String>, JsError> {
    Ok(onnx::external_files(model).map_err(wrong)?.into_iter().collect())
}

/// The model with the values of those files in it; the contents are in the order of the names.
///
/// # Errors
/// The bytes are not an ONNX file, or a file is missing or too short.
#[wasm_bindgen]
pub fn pack(model: &[u8], names: Vec<String>, contents: Vec<Uint8Array>) -> Result<Vec<u8>, JsError> {
    let files: BTreeMap<String, Vec<u8>> =
        names.into_iter().zip(contents.iter().map(Uint8Array::to_vec)).collect();
    onnx::pack(model, &files).map_err(wrong)
}

/// What a model is, how it is most likely meant for an agent of an environment, and what it does in one episode in which
/// the others act at random: some lines for people. `config` is an environment's packed configuration.
///
/// # Errors
/// There is no such agent, or the model does not fit it. The error says first what the file contains, then why it does not
/// fit.
#[wasm_bindgen]
pub fn inspect(
    model: &[u8],
    environment: &str,
    config: &[u8],
    agent: u8,
    name: &str,
) -> Result<String, JsError> {
    let mut sim = footlights_app::installed().registry().get(environment)?.make_packed(config)?;
    let agent = Agent(agent);
    let Some(spec) = sim.spec().agent(agent).cloned() else {
        return Err(wrong(format!("{environment} has no agent {agent}")));
    };
    let Contents { producer, opset, inputs, outputs, external } = onnx::contents(model).map_err(wrong)?;
    let mut told = format!(
        "written by {}, operator set {opset}\ninputs:  {}\noutputs: {}\n",
        if producer.is_empty() { "an unnamed program" } else { &producer },
        inputs.join(", "),
        outputs.join(", ")
    );
    let refused = |told: &str, why: String| wrong(format!("{told}error: {why}"));
    if !external.is_empty() {
        let files = external.into_iter().collect::<Vec<_>>().join(", ");
        return Err(refused(&told, format!("its values are in other files: {files}")));
    }
    let usage = match onnx::suggest(model, name, &spec) {
        Ok(usage) => usage,
        Err(why) => return Err(refused(&told, format!("how it is meant cannot be guessed: {why}"))),
    };
    let _ = writeln!(told, "used as: onnx::{}", usage.code());
    let loaded = match Model::load_for(model, usage, sim.spec(), agent) {
        Ok(loaded) => loaded,
        Err(why) => return Err(refused(&told, why.to_string())),
    };
    let _ = write!(told, "it fits {agent} of {environment}\n{}", trial(sim.as_mut(), agent, &loaded)?);
    Ok(told)
}

/// Plays an episode.
fn trial(sim: &mut dyn Simulation, agent: Agent, model: &Model) -> Result<String, JsError> {
    sim.reset(1, 0);
    let mut policy = model.policy()?;
    let mut counts: BTreeMap<i32, u32> = BTreeMap::new();
    let (mut sum, mut squares) = (Vec::new(), Vec::new());
    let mut reward = 0.0;
    while sim.tick() < TRIAL {
        let mut actions = PerAgent::<ActionValue>::new();
        for other in sim.spec().agents() {
            let mut rng = Rng::derive(1, Stream::Policy(other.0), 0, sim.tick() + 1);
            if other != agent {
                actions.push(sim.spec().action_space(other).sample(&mut rng));
                continue;
            }
            let mut observation = Vec::new();
            sim.observe(agent, &mut observation);
            let action = policy.act_masked(&observation, &sim.action_mask(agent), &mut rng)?;
            match &action {
                ActionValue::Discrete(k) => *counts.entry(*k).or_default() += 1,
                ActionValue::Continuous(numbers) => {
                    sum.resize(numbers.len(), 0.0);
                    squares.resize(numbers.len(), 0.0);
                    for ((sum, square), x) in sum.iter_mut().zip(&mut squares).zip(numbers) {
                        *sum += f64::from(*x);
                        *square += f64::from(*x) * f64::from(*x);
                    }
                }
            }
            actions.push(action);
        }
        let step = sim.step(&actions)?;
        reward += step.rewards.get(agent.index()).copied().unwrap_or_default();
        if step.done() {
            break;
        }
    }
    let ticks = f64::from(sim.tick().max(1));
    let labels = sim.labels();
    let label = |k: i32| {
        let known = usize::try_from(k).ok().and_then(|k| labels.actions(agent).get(k));
        known.map_or_else(|| k.to_string(), |label| (*label).to_owned())
    };
    let mut acts: Vec<String> =
        counts.iter().map(|(k, n)| format!("{} {:.0} %", label(*k), 100.0 * f64::from(*n) / ticks)).collect();
    acts.extend(sum.iter().zip(&squares).map(|(sum, square)| {
        let mean = sum / ticks;
        let variance = square / ticks - mean * mean;
        format!("mean {mean:.2}, deviation {:.2}", if variance > 0.0 { variance.sqrt() } else { 0.0 })
    }));
    let others = if sim.spec().agents.len() > 1 { " while the others acted at random" } else { "" };
    Ok(format!("in {} ticks it was rewarded {reward}{others}; actions: {}\n", sim.tick(), acts.join(", ")))
}
