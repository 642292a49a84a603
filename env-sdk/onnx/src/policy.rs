//! One seat's policy: a shared [`Model`] with this seat's recurrent state and the action that it holds.

use std::borrow::Cow;

use footlights_env::{ActionValue, Policy, PolicyError, Preferences, Rng, math};
use serde::{Deserialize, Serialize};
use tract_onnx::prelude::*;

use crate::{
    action::Choice,
    config::{Output, Sampling},
    feed::Feed,
    model::Model,
};

/// A policy for one seat; [`Model::policy`] makes it.
#[derive(Debug, Clone)]
pub struct OnnxPolicy {
    model: Model,
    /// The runtime's buffers, kept from step to step.
    session: TypedSimpleState,
    memory: Memory,
    /// The logits of the last decision between discrete actions.
    logits: Vec<f32>,
}

/// What a snapshot holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Memory {
    /// One flat array for each recurrent pair.
    states: Vec<Vec<f32>>,
    /// The action that was chosen last,
    action: ActionValue,
    /// and for how many more ticks it is held.
    hold: u32,
}

impl Memory {
    /// At the start of an episode.
    fn with(states: Vec<Vec<f32>>) -> Self {
        Self { states, action: ActionValue::Discrete(0), hold: 0 }
    }
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
        let memory = Memory::with(model.inner().inputs.zero_states());
        Ok(Self { model, session, memory, logits: Vec::new() })
    }

    fn decide(&mut self, observation: &[f32], mask: &[bool], rng: &mut Rng) -> Result<ActionValue, String> {
        let inner = self.model.inner();
        if observation.len() != inner.observation {
            let (found, expected) = (observation.len(), inner.observation);
            return Err(format!("{found} numbers came where {expected} were expected"));
        }
        // Fast approximations of tanh and the like turn NaN into a number: it would go unnoticed.
        if observation.iter().any(|x| !x.is_finite()) {
            return Err(format!("the observation is not finite: {observation:?}"));
        }
        let feed = Feed { observation, mask, states: &self.memory.states };
        let outputs = self.session.run(feed.tensors(&inner.inputs)?).map_err(|e| format!("{e:#}"))?;
        let decided = inner.config.decided().len();
        let outputs: Vec<Cow<'_, [f32]>> = outputs.iter().map(numbers).collect::<Result<_, _>>()?;
        let (decided, states) = outputs.split_at_checked(decided).ok_or("the model has too few outputs")?;
        let decided: Vec<&[f32]> = decided.iter().map(AsRef::as_ref).collect();
        let choice = Choice { config: &inner.config, space: &inner.space, mask };
        let action = choice.make(&decided, rng)?;
        if states.iter().any(|state| state.iter().any(|x| !x.is_finite())) {
            return Err(format!("the recurrent state is not finite for the observation {observation:?}"));
        }
        if let (Output::Logits(_), [logits]) = (&inner.config.output, decided.as_slice()) {
            self.logits.clear();
            self.logits.extend_from_slice(logits);
        }
        for (kept, state) in self.memory.states.iter_mut().zip(states) {
            kept.clear();
            kept.extend_from_slice(state);
        }
        Ok(action)
    }
}

impl Policy for OnnxPolicy {
    fn act(&mut self, observation: &[f32], rng: &mut Rng) -> Result<ActionValue, PolicyError> {
        self.act_masked(observation, &[], rng)
    }

    fn act_masked(
        &mut self,
        observation: &[f32],
        mask: &[bool],
        rng: &mut Rng,
    ) -> Result<ActionValue, PolicyError> {
        if self.memory.hold > 0 {
            self.memory.hold -= 1;
        } else {
            self.memory.action = self
                .decide(observation, mask, rng)
                .map_err(|why| PolicyError::Act { name: self.model.config().name.clone(), why })?;
            self.memory.hold = self.model.config().frame_skip.saturating_sub(1);
        }
        Ok(self.memory.action.clone())
    }

    fn preferences(&self) -> Option<Preferences> {
        let config = self.model.config();
        if self.logits.is_empty() {
            return None;
        }
        if config.q_values {
            return Some(Preferences::Values(self.logits.clone()));
        }
        let temperature = match config.sampling {
            Sampling::Best => 1.0,
            Sampling::Drawn { temperature } => temperature,
        };
        let highest = self.logits.iter().copied().fold(f32::NEG_INFINITY, math::max);
        let weights: Vec<f32> =
            self.logits.iter().map(|logit| math::expf((logit - highest) / temperature)).collect();
        let sum: f32 = weights.iter().sum();
        Some(Preferences::Probabilities(weights.into_iter().map(|weight| weight / sum).collect()))
    }

    fn reset(&mut self) {
        self.logits.clear();
        self.memory = Memory::with(self.model.inner().inputs.zero_states());
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
        let memory: Memory = if saved.is_empty() {
            Memory::with(Vec::new())
        } else {
            rmp_serde::from_slice(saved).map_err(|e| refuse(e.to_string()))?
        };
        let inner = self.model.inner();
        let expected: Vec<usize> = inner.inputs.zero_states().iter().map(Vec::len).collect();
        let found: Vec<usize> = memory.states.iter().map(Vec::len).collect();
        if expected != found {
            return Err(refuse(format!("it has states of {found:?} numbers, the model {expected:?}")));
        }
        if memory.states.iter().flatten().any(|x| !x.is_finite()) {
            return Err(refuse("a state is not finite".into()));
        }
        if memory.hold > 0 && !inner.space.contains(&memory.action) {
            return Err(refuse(format!("there is no action {}", memory.action)));
        }
        self.memory = memory;
        Ok(())
    }
}

fn numbers(value: &TValue) -> Result<Cow<'_, [f32]>, String> {
    let slice = |tensor: &Tensor| -> TractResult<Vec<f32>> {
        Ok(tensor.try_as_plain_ram()?.as_slice::<f32>()?.to_vec())
    };
    if value.datum_type() == f32::datum_type() {
        let plain = value.try_as_plain_ram().and_then(|plain| plain.as_slice::<f32>());
        return plain.map(Cow::Borrowed).map_err(|e| format!("{e:#}"));
    }
    // The runtime computes with symbolic integers where the file says INT64.
    let value = if value.datum_type() == TDim::datum_type() {
        value.cast_to::<i64>().map_err(|e| format!("{e:#}"))?
    } else {
        Cow::Borrowed(&**value)
    };
    let floats = value.cast_to::<f32>().map_err(|e| format!("{e:#}"))?;
    slice(&floats).map(Cow::Owned).map_err(|e| format!("{e:#}"))
}
