//! What goes into a model at one step, as tensors of the types that it takes.

use tract_onnx::prelude::*;

use crate::wiring::{self, Inputs};

/// The numbers of one step.
pub(crate) struct Feed<'a> {
    pub observation: &'a [f32],
    /// Whether the rules allow each discrete action; empty where all are allowed.
    pub mask: &'a [bool],
    /// In the configuration's order.
    pub states: &'a [Vec<f32>],
}

impl Feed<'_> {
    /// The inputs of a model, in its order.
    ///
    /// # Errors
    /// There are not as many numbers as it takes, or a number that an input cannot hold.
    pub fn tensors(&self, inputs: &Inputs) -> Result<TVec<TValue>, String> {
        let mut tensors = TVec::new();
        for observed in &inputs.observed {
            let numbers: Option<Vec<f32>> =
                observed.numbers.iter().map(|at| self.observation.get(*at).copied()).collect();
            let numbers = numbers.ok_or_else(|| {
                format!("the input {:?} takes more numbers than the observation has", observed.tensor.name)
            })?;
            tensors.push(converted(&observed.tensor, &numbers)?);
        }
        if let Some(mask) = &inputs.mask {
            let count = wiring::elements(&mask.shape).unwrap_or_default();
            let allowed = |k: usize| if self.mask.get(k).copied().unwrap_or(true) { 1.0 } else { 0.0 };
            let numbers: Vec<f32> = (0..count).map(allowed).collect();
            tensors.push(converted(mask, &numbers)?);
        }
        for (shape, state) in inputs.states.iter().zip(self.states) {
            tensors.push(tensor(shape, state)?.into_tvalue());
        }
        Ok(tensors)
    }
}

/// Numbers as a tensor of the input's type.
fn converted(input: &wiring::Tensor, numbers: &[f32]) -> Result<TValue, String> {
    let wrong = |number: f32| {
        Err(format!("the input {:?} is of {:?}: it cannot hold {number}", input.name, input.kind))
    };
    let range = match input.kind {
        DatumType::U8 => Some((0.0, 255.0)),
        DatumType::I8 => Some((-128.0, 127.0)),
        DatumType::Bool => Some((0.0, 1.0)),
        // Beyond this not every integer is a number of 32 bits.
        DatumType::I32 | DatumType::I64 => Some((-16_777_216.0, 16_777_216.0)),
        _ => None,
    };
    if let Some((low, high)) = range
        && let Some(number) = numbers.iter().find(|x| x.fract() != 0.0 || **x < low || **x > high)
    {
        return wrong(*number);
    }
    let floats = tensor(&input.shape, numbers)?;
    if input.kind == DatumType::F32 {
        return Ok(floats.into_tvalue());
    }
    let converted =
        floats.cast_to_dt(input.kind).map_err(|e| format!("the input {:?}: {e:#}", input.name))?;
    Ok(converted.into_owned().into_tvalue())
}

fn tensor(shape: &[usize], values: &[f32]) -> Result<Tensor, String> {
    Tensor::from_shape(shape, values).map_err(|_| {
        format!("{} numbers came where {} were expected", values.len(), shape.iter().product::<usize>())
    })
}
