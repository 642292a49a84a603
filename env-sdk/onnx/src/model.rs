//! A loaded model: parsed, checked against the environment, optimised, ready to run.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use footlights_env::{Agent, AgentSpec, PolicyError, Space, Spec};
use tract_onnx::prelude::*;

use crate::{
    check,
    config::Config,
    constructors,
    wiring::{self, Shapes},
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
    pub shapes: Shapes,
    /// How many actions there are.
    pub actions: usize,
}

impl Model {
    /// Loads an ONNX file for the observations and the discrete actions that `spec` declares for every agent.
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

    /// Loads an ONNX file for the observations and the discrete actions that `spec` declares for `agent`.
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
        Ok((plan, shapes, actions)) => Ok(Model(Arc::new(Inner { config, plan, shapes, actions }))),
        Err(why) => Err(PolicyError::Load { name: config.name, why }),
    }
}

fn build(
    bytes: &[u8],
    config: &Config,
    environment: &str,
    agent: &AgentSpec,
) -> Result<(Arc<TypedSimplePlan>, Shapes, usize), String> {
    config.check()?;
    let Space::Discrete { n } = agent.action_space else {
        return Err(format!("{environment} has continuous actions; logits choose among discrete ones"));
    };
    let actions = n as usize;
    let onnx = tract_onnx::onnx();
    let mut proto = check::decode(bytes, |operator| onnx.op_register.0.contains_key(operator))?;
    let graph = proto.graph.as_mut().ok_or("there is no graph")?;
    let shapes = wiring::wire(graph, config, agent.observation_space.len())?;

    let model = onnx.model_for_proto_model(&proto).map_err(|e| format!("the graph does not parse: {e:#}"))?;
    let model = model.into_typed().map_err(|e| format!("types or shapes do not fit: {e:#}"))?;
    check_outputs(&model, config, &shapes, actions)?;
    let plan = model
        .into_optimized()
        .and_then(TypedModel::into_runnable)
        .map_err(|e| format!("the graph cannot be run: {e:#}"))?;
    // Some faults, such as an index out of range, only show when the graph runs.
    plan.run(zeros(&shapes)?).map_err(|e| format!("a trial run failed: {e:#}"))?;
    Ok((plan, shapes, actions))
}

fn check_outputs(model: &TypedModel, config: &Config, shapes: &Shapes, actions: usize) -> Result<(), String> {
    let names = std::iter::once(&config.logits).chain(config.recurrent.iter().map(|state| &state.output));
    for (index, name) in names.enumerate() {
        let fact = model.output_fact(index).map_err(|e| format!("output {name:?}: {e:#}"))?;
        let shape = fact.shape.as_concrete().ok_or_else(|| {
            format!("the output {name:?} has no definite shape ({:?}) although all inputs have", fact.shape)
        })?;
        if fact.datum_type != f32::datum_type() {
            // The runtime computes with symbolic integers where the file says INT64.
            let found =
                if fact.datum_type == TDim::datum_type() { i64::datum_type() } else { fact.datum_type };
            return Err(format!("the output {name:?} must be F32, not {found:?}"));
        }
        let Some(state) = index.checked_sub(1) else {
            if wiring::elements(shape) != Some(actions) {
                return Err(format!("the output {name:?} gives {shape:?}, but there are {actions} actions"));
            }
            continue;
        };
        if let (Some(pair), Some(expected)) = (config.recurrent.get(state), shapes.states.get(state))
            && expected != shape
        {
            let input = &pair.input;
            return Err(format!(
                "the state input {input:?} takes {expected:?}, its output {name:?} gives {shape:?}"
            ));
        }
    }
    Ok(())
}

/// Inputs of a first step that sees nothing.
fn zeros(shapes: &Shapes) -> Result<TVec<TValue>, String> {
    std::iter::once(&shapes.observation)
        .chain(&shapes.states)
        .map(|shape| Tensor::zero::<f32>(shape).map(IntoTValue::into_tvalue).map_err(|e| format!("{e:#}")))
        .collect()
}
