//! A loaded model: parsed, checked against the environment, optimised, ready to run.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use footlights_env::{PolicyError, Space, Spec};
use tract_onnx::prelude::*;

use crate::{
    check,
    config::Config,
    constructors,
    policy::OnnxPolicy,
    wiring::{self, Shapes},
};

/// A model that any number of policies share. Loading costs milliseconds, cloning nothing: load it once.
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
    /// Loads an ONNX file for the observations and the discrete actions that `spec` declares.
    pub fn load(bytes: &[u8], config: Config, spec: &Spec) -> Result<Self, PolicyError> {
        constructors::run();
        // The runtime panics over a few faults that `check` cannot know, such as an operator's axis out of range.
        // Natively that is a refusal too. A wasm instance would be lost, so load models in a native test first.
        let built = catch_unwind(AssertUnwindSafe(|| build(bytes, &config, spec)));
        match built.unwrap_or_else(|_| Err("the runtime panicked over it".into())) {
            Ok((plan, shapes, actions)) => Ok(Self(Arc::new(Inner { config, plan, shapes, actions }))),
            Err(why) => Err(PolicyError::Load { name: config.name, why }),
        }
    }

    /// A policy at the start of an episode, for one seat.
    pub fn policy(&self) -> Result<OnnxPolicy, PolicyError> {
        OnnxPolicy::new(self.clone())
    }

    /// How the model is used.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }
}

fn build(
    bytes: &[u8],
    config: &Config,
    spec: &Spec,
) -> Result<(Arc<TypedSimplePlan>, Shapes, usize), String> {
    config.check()?;
    let Space::Discrete { n } = spec.action_space else {
        return Err(format!("{} has continuous actions; logits choose among discrete ones", spec.id));
    };
    let actions = n as usize;
    let onnx = tract_onnx::onnx();
    let mut proto = check::decode(bytes, |operator| onnx.op_register.0.contains_key(operator))?;
    let graph = proto.graph.as_mut().ok_or("there is no graph")?;
    let shapes = wiring::wire(graph, config, spec.observation_space.len())?;

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
