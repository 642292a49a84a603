//! A loaded model: parsed, checked against the environment, optimised, ready to run.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use footlights_env::{Agent, AgentSpec, PolicyError, Space, Spec};
use tract_onnx::prelude::*;

use crate::{
    check,
    config::{Config, Output, Spread},
    constructors,
    feed::Feed,
    wiring::{self, Inputs},
};

/// A model that any number of policies share. Loading costs milliseconds, cloning nothing: load it once.
///
/// ```
/// use footlights_env::{AgentSpec, Policy, Rng, Space, Spec, Stream, Viewport};
/// use footlights_onnx::{Config, Model, export::{Dense, mlp}};
///
/// let agent = AgentSpec::new(Space::Discrete { n: 3 }, Space::uniform_box(2, -1.0, 1.0));
/// let spec = Spec {
///     id: "corridor-v0".into(),
///     agents: vec![agent],
///     max_steps: 100,
///     reward_range: (0.0, 1.0),
///     viewport: Viewport { width: 1.0, height: 1.0 },
/// };
/// let file = mlp(&[Dense { weights: vec![0.5, 0.0, -0.5, 0.0, 1.0, 0.0], bias: vec![0.0; 3] }]);
/// let mut policy = Model::load(&file, Config::new("walker"), &spec)?.policy()?;
/// let action = policy.act(&[0.2, 0.9], &mut Rng::derive(1, Stream::Policy(0), 0, 1))?;
/// assert!(spec.action_space(footlights_env::Agent(0)).contains(&action));
/// # Ok::<(), footlights_env::PolicyError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Model(Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub config: Config,
    pub plan: Arc<TypedSimplePlan>,
    pub inputs: Inputs,
    /// How many numbers an observation has.
    pub observation: usize,
    /// The actions that it chooses among.
    pub space: Space,
}

impl Model {
    /// Loads an ONNX file for the observations and the actions that `spec` declares for every agent.
    ///
    /// # Errors
    ///
    /// When the file is no model, does not fit the spaces or cannot be run; and when the agents have different spaces:
    /// then [`Model::load_for`] says whose.
    pub fn load(bytes: &[u8], config: Config, spec: &Spec) -> Result<Self, PolicyError> {
        match spec.agents.first().filter(|_| spec.shared_spaces().is_some()) {
            Some(agent) => load(bytes, config, &spec.id, agent),
            None => {
                let why = format!("the agents of {} have different spaces: load it for one of them", spec.id);
                Err(PolicyError::Load { name: config.name, why })
            }
        }
    }

    /// Loads an ONNX file for the observations and the actions that `spec` declares for `agent`.
    ///
    /// # Errors
    ///
    /// When there is no such agent, and when the file is no model, does not fit its spaces or cannot be run.
    pub fn load_for(bytes: &[u8], config: Config, spec: &Spec, agent: Agent) -> Result<Self, PolicyError> {
        match spec.agent(agent) {
            Some(agent) => load(bytes, config, &spec.id, agent),
            None => {
                let why = format!("{} has no agent {agent}", spec.id);
                Err(PolicyError::Load { name: config.name, why })
            }
        }
    }

    /// How the model is used.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }
}

fn load(bytes: &[u8], config: Config, environment: &str, agent: &AgentSpec) -> Result<Model, PolicyError> {
    constructors::run();
    // The runtime panics over a few faults that `check` cannot know, such as an operator's axis out of range.
    // Natively that is a refusal too. A wasm instance would be lost, so load models in a native test first.
    let built = catch_unwind(AssertUnwindSafe(|| build(bytes, &config, environment, agent)));
    match built.unwrap_or_else(|_| Err("the runtime panicked over it".into())) {
        Ok((plan, inputs)) => {
            let (observation, space) = (agent.observation_space.len(), agent.action_space.clone());
            Ok(Model(Arc::new(Inner { config, plan, inputs, observation, space })))
        }
        Err(why) => Err(PolicyError::Load { name: config.name, why }),
    }
}

fn build(
    bytes: &[u8],
    config: &Config,
    environment: &str,
    agent: &AgentSpec,
) -> Result<(Arc<TypedSimplePlan>, Inputs), String> {
    config.check_for(environment, agent)?;
    let onnx = tract_onnx::onnx();
    let mut proto = check::decode(bytes, |operator| onnx.op_register.0.contains_key(operator))?;
    let graph = proto.graph.as_mut().ok_or("there is no graph")?;
    let inputs = wiring::wire(graph, config, agent)?;

    let model = onnx.model_for_proto_model(&proto).map_err(|e| format!("the graph does not parse: {e:#}"))?;
    let model = model.into_typed().map_err(|e| format!("types or shapes do not fit: {e:#}"))?;
    check_outputs(&model, config, &inputs, &agent.action_space)?;
    let plan = model
        .into_optimized()
        .and_then(TypedModel::into_runnable)
        .map_err(|e| format!("the graph cannot be run: {e:#}"))?;
    // Some faults, such as an index out of range, only show when the graph runs.
    let (observation, states) = (vec![0.0; agent.observation_space.len()], inputs.zero_states());
    let zeros = Feed { observation: &observation, mask: &[], states: &states };
    plan.run(zeros.tensors(&inputs)?).map_err(|e| format!("a trial run failed: {e:#}"))?;
    Ok((plan, inputs))
}

fn check_outputs(model: &TypedModel, config: &Config, inputs: &Inputs, space: &Space) -> Result<(), String> {
    let decided = config.decided();
    let shape_of = |index: usize, name: &str| {
        let fact = model.output_fact(index).map_err(|e| format!("output {name:?}: {e:#}"))?;
        let shape = fact.shape.as_concrete().ok_or_else(|| {
            format!("the output {name:?} has no definite shape ({:?}) although all inputs have", fact.shape)
        })?;
        if !(fact.datum_type.is_number() || fact.datum_type == TDim::datum_type()) {
            return Err(format!("the output {name:?} must be of numbers, not {:?}", fact.datum_type));
        }
        Ok((shape, fact.datum_type))
    };
    let mut counts = Vec::new();
    for (index, name) in decided.iter().enumerate() {
        let (shape, _) = shape_of(index, name)?;
        counts.push((*name, shape, wiring::elements(shape).unwrap_or(usize::MAX)));
    }
    check_counts(&counts, config, space)?;
    let states = config.recurrent.iter().zip(&inputs.states);
    for (index, (pair, expected)) in (decided.len()..).zip(states) {
        let (input, name) = (&pair.input, &pair.output);
        let (shape, kind) = shape_of(index, name)?;
        if kind != f32::datum_type() {
            return Err(format!("the state output {name:?} must be F32, not {kind:?}"));
        }
        if expected != shape {
            return Err(format!(
                "the state input {input:?} takes {expected:?}, its output {name:?} gives {shape:?}"
            ));
        }
    }
    Ok(())
}

/// Whether the outputs that an action is made of have as many numbers as it takes; each with its name, shape and count.
fn check_counts(
    outputs: &[(&String, &[usize], usize)],
    config: &Config,
    space: &Space,
) -> Result<(), String> {
    let wrong = |(name, shape, _): &(&String, &[usize], usize), expected: String| {
        Err(format!("the output {name:?} gives {shape:?}, but {expected}"))
    };
    let Some(first) = outputs.first() else { return Err("no output is named".into()) };
    let counts = outputs.iter().map(|(_, _, count)| *count);
    match (space, &config.output) {
        (Space::Discrete { n }, Output::Logits(heads)) => {
            let n = *n as usize;
            if counts.clone().try_fold(1usize, usize::checked_mul) == Some(n) {
                return Ok(());
            }
            if heads.len() > 1 {
                let counts: Vec<String> = counts.map(|count| count.to_string()).collect();
                return Err(format!(
                    "the heads have {} choices, but there are {n} actions",
                    counts.join(" × ")
                ));
            }
            let is_action = first.2 == 1;
            let hint = if is_action { "; name it with `action` if it is the action itself" } else { "" };
            wrong(first, format!("there are {n} actions{hint}"))
        }
        (Space::Discrete { .. }, _) if first.2 == 1 => Ok(()),
        (Space::Discrete { .. }, _) => wrong(first, "the action is one number; name it with `logits`".into()),
        (Space::Box { low, .. }, output) => {
            let n = low.len();
            let in_one = matches!(output, Output::Gaussian { spread: Spread::SecondHalf, .. });
            let expected = if in_one { 2 * n } else { n };
            if first.2 != expected {
                let twice = if in_one { ", so means and deviations are twice as many" } else { "" };
                return wrong(first, format!("actions have {n} numbers{twice}"));
            }
            match (output, outputs.get(1)) {
                (Output::Gaussian { spread: Spread::Output(_), .. }, Some(log_std))
                    if log_std.2 != n && log_std.2 != 1 =>
                {
                    wrong(log_std, format!("actions have {n} numbers"))
                }
                (Output::Gaussian { spread: Spread::Fixed(log_std), .. }, _)
                    if log_std.len() != n && log_std.len() != 1 =>
                {
                    Err(format!(
                        "{} logarithms of deviations are given, but actions have {n} numbers",
                        log_std.len()
                    ))
                }
                _ => Ok(()),
            }
        }
    }
}
