//! One seat's policy: a shared [`Model`] with this seat's recurrent state and the action that it holds.

use footlights_env::{ActionValue, Policy, PolicyError, Rng, math};
use serde::{Deserialize, Serialize};
use tract_onnx::prelude::*;

use crate::{config::Sampling, model::Model};

/// A policy for one seat; [`Model::policy`] makes it.
#[derive(Debug, Clone)]
pub struct OnnxPolicy {
    model: Model,
    /// The runtime's buffers, kept from step to step.
    session: TypedSimpleState,
    memory: Memory,
    weights: Vec<f64>,
}

/// What a snapshot holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Memory {
    /// One flat array for each recurrent pair.
    states: Vec<Vec<f32>>,
    /// The action that was chosen last,
    action: i32,
    /// and for how many more ticks it is held.
    hold: u32,
}

impl Model {
    /// A policy at the start of an episode, for one seat.
    ///
    /// # Errors
    ///
    /// When the runtime cannot set up its buffers.
    pub fn policy(&self) -> Result<OnnxPolicy, PolicyError> {
        OnnxPolicy::new(self.clone())
    }
}

impl OnnxPolicy {
    fn new(model: Model) -> Result<Self, PolicyError> {
        let session = model
            .inner()
            .plan
            .spawn()
            .map_err(|e| PolicyError::Load { name: model.config().name.clone(), why: format!("{e:#}") })?;
        let mut policy = Self { model, session, memory: Memory::default(), weights: Vec::new() };
        policy.reset();
        Ok(policy)
    }

    fn decide(&mut self, observation: &[f32], rng: &mut Rng) -> Result<i32, String> {
        // Fast approximations of tanh and the like turn NaN into a number: it would go unnoticed.
        if observation.iter().any(|x| !x.is_finite()) {
            return Err(format!("the observation is not finite: {observation:?}"));
        }
        let shapes = &self.model.inner().shapes;
        let mut inputs: TVec<TValue> = tvec![tensor(&shapes.observation, observation)?];
        for (shape, state) in shapes.states.iter().zip(&self.memory.states) {
            inputs.push(tensor(shape, state)?);
        }
        let outputs = self.session.run(inputs).map_err(|e| format!("{e:#}"))?;
        let (logits, states) = outputs.split_first().ok_or("the model has no outputs")?;
        let logits = numbers(logits)?;
        if logits.len() != self.model.inner().actions || logits.iter().any(|logit| !logit.is_finite()) {
            return Err(format!("the logits are not finite: {logits:?} for the observation {observation:?}"));
        }
        let action = match self.model.config().sampling {
            Sampling::Argmax => argmax(logits),
            Sampling::Softmax { temperature } => softmax(logits, temperature, &mut self.weights, rng),
        };
        for (kept, state) in self.memory.states.iter_mut().zip(states) {
            kept.clear();
            kept.extend_from_slice(numbers(state)?);
            if kept.iter().any(|x| !x.is_finite()) {
                return Err(format!("the recurrent state is not finite for the observation {observation:?}"));
            }
        }
        Ok(action)
    }
}

impl Policy for OnnxPolicy {
    fn act(&mut self, observation: &[f32], rng: &mut Rng) -> Result<ActionValue, PolicyError> {
        if self.memory.hold > 0 {
            self.memory.hold -= 1;
        } else {
            self.memory.action = self
                .decide(observation, rng)
                .map_err(|why| PolicyError::Act { name: self.model.config().name.clone(), why })?;
            self.memory.hold = self.model.config().frame_skip.saturating_sub(1);
        }
        Ok(ActionValue::Discrete(self.memory.action))
    }

    fn reset(&mut self) {
        let zeros = |shape: &Vec<usize>| vec![0.0; shape.iter().product()];
        let states = self.model.inner().shapes.states.iter().map(zeros).collect();
        self.memory = Memory { states, ..Memory::default() };
    }

    fn save(&self) -> Result<Vec<u8>, PolicyError> {
        if self.memory.states.is_empty() && self.memory.hold == 0 {
            return Ok(Vec::new());
        }
        let name = || self.model.config().name.clone();
        rmp_serde::to_vec(&self.memory).map_err(|e| PolicyError::State { name: name(), why: e.to_string() })
    }

    fn load(&mut self, saved: &[u8]) -> Result<(), PolicyError> {
        let refuse = |why| PolicyError::State { name: self.model.config().name.clone(), why };
        let memory = if saved.is_empty() {
            Memory::default()
        } else {
            rmp_serde::from_slice(saved).map_err(|e| refuse(e.to_string()))?
        };
        let inner = self.model.inner();
        let expected: Vec<usize> = inner.shapes.states.iter().map(|shape| shape.iter().product()).collect();
        let found: Vec<usize> = memory.states.iter().map(Vec::len).collect();
        if expected != found {
            return Err(refuse(format!("it has states of {found:?} numbers, the model {expected:?}")));
        }
        if memory.states.iter().flatten().any(|x| !x.is_finite()) {
            return Err(refuse("a state is not finite".into()));
        }
        if usize::try_from(memory.action).is_ok_and(|action| action < inner.actions) {
            self.memory = memory;
            return Ok(());
        }
        Err(refuse(format!("there is no action {}", memory.action)))
    }
}

fn tensor(shape: &[usize], values: &[f32]) -> Result<TValue, String> {
    Tensor::from_shape(shape, values).map(IntoTValue::into_tvalue).map_err(|_| {
        format!("{} numbers came where {} were expected", values.len(), shape.iter().product::<usize>())
    })
}

fn numbers(value: &TValue) -> Result<&[f32], String> {
    value.try_as_plain_ram().and_then(|plain| plain.as_slice::<f32>()).map_err(|e| format!("{e:#}"))
}

fn argmax(logits: &[f32]) -> i32 {
    let better = |best: (usize, f32), next: (usize, f32)| if next.1 > best.1 { next } else { best };
    logits.iter().copied().enumerate().reduce(better).map_or(0, |(index, _)| index as i32)
}

/// Draws from the softmax; `weights` is only there so that it need not be allocated.
fn softmax(logits: &[f32], temperature: f32, weights: &mut Vec<f64>, rng: &mut Rng) -> i32 {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, math::max);
    weights.clear();
    weights.extend(logits.iter().map(|logit| math::exp(f64::from(logit - highest) / f64::from(temperature))));
    // The largest weight is 1.
    rng.weighted(weights).map_or_else(|| argmax(logits), |action| action as i32)
}
