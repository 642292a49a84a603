//! Connects a checked graph to a [`Config`]: every input gets its source, every shape becomes concrete, and the inputs
//! and outputs are put in the order in which [`crate::Model`] uses them.

use std::collections::BTreeSet;

use footlights_env::{AgentSpec, Space};
use tract_onnx::{
    pb::{
        GraphProto, TensorProto, TensorShapeProto, TypeProto, ValueInfoProto,
        tensor_proto::DataType,
        tensor_shape_proto::{Dimension, dimension::Value},
        type_proto,
    },
    prelude::DatumType,
};

use crate::config::{Config, Fixed};

/// More numbers than any observation or state has; keeps a mistaken shape from claiming all memory.
const MAX_ELEMENTS: usize = 1 << 24;

/// What goes in at every step, in the order of the graph's inputs: the observation's parts, the action mask, the states.
#[derive(Debug, PartialEq)]
pub(crate) struct Inputs {
    /// Those that take the observation.
    pub observed: Vec<Observed>,
    /// The one that takes the action mask.
    pub mask: Option<Tensor>,
    /// The shapes of the states, in the configuration's order.
    pub states: Vec<Vec<usize>>,
}

/// An input that takes numbers of the observation.
#[derive(Debug, PartialEq)]
pub(crate) struct Observed {
    pub tensor: Tensor,
    /// Which numbers, in the model's order.
    pub numbers: Vec<usize>,
}

/// An input's name, type and shape.
#[derive(Debug, PartialEq)]
pub(crate) struct Tensor {
    pub name: String,
    pub kind: DatumType,
    pub shape: Vec<usize>,
}

impl Inputs {
    /// The states at the start of an episode.
    pub fn zero_states(&self) -> Vec<Vec<f32>> {
        self.states.iter().map(|shape| vec![0.0; shape.iter().product()]).collect()
    }
}

/// Rewrites `graph` so that its inputs are those of [`Inputs`], its outputs what an action is made of and the states.
pub(crate) fn wire(graph: &mut GraphProto, config: &Config, agent: &AgentSpec) -> Result<Inputs, String> {
    // Older files list their weights among the inputs.
    let weights: BTreeSet<String> = graph.initializer.iter().map(|tensor| tensor.name.clone()).collect();
    graph.input.retain(|input| !weights.contains(&input.name));
    require_names(graph, config)?;

    for fixed in &config.fixed {
        let tensor = constant(take(&mut graph.input, &fixed.input)?, fixed)?;
        graph.initializer.push(tensor);
    }
    let mut inputs = Vec::new();
    let mut observed = Vec::new();
    for input in config.observed() {
        let numbers = input.numbers(agent.observation_space.len())?;
        let mut value = take(&mut graph.input, &input.name)?;
        let tensor = concrete(&mut value)?;
        if elements(&tensor.shape) != Some(numbers.len()) {
            let (name, shape, count) = (&input.name, &tensor.shape, numbers.len());
            return Err(match input.part {
                None => format!("the input {name:?} takes {shape:?}, but observations have {count} numbers"),
                Some(part) => format!("the input {name:?} takes {shape:?}, but {part:?} are {count} numbers"),
            });
        }
        observed.push(Observed { tensor, numbers });
        inputs.push(value);
    }
    let mut mask = None;
    if let Some(name) = &config.mask_input {
        let mut value = take(&mut graph.input, name)?;
        let tensor = concrete(&mut value)?;
        let Space::Discrete { n } = agent.action_space else {
            return Err("only discrete actions have a mask".into());
        };
        if elements(&tensor.shape) != Some(n as usize) {
            return Err(format!("the mask {name:?} takes {:?}, but there are {n} actions", tensor.shape));
        }
        mask = Some(tensor);
        inputs.push(value);
    }
    let mut outputs = Vec::new();
    for name in config.decided() {
        outputs.push(take(&mut graph.output, name)?);
    }
    let mut states = Vec::new();
    for state in &config.recurrent {
        let mut value = take(&mut graph.input, &state.input)?;
        let tensor = concrete(&mut value)?;
        if tensor.kind != DatumType::F32 {
            return Err(format!("the state input {} must be FLOAT", describe(&value)));
        }
        states.push(tensor.shape);
        inputs.push(value);
        outputs.push(take(&mut graph.output, &state.output)?);
    }
    if let Some(unfed) = graph.input.first() {
        let what = describe(unfed);
        return Err(format!(
            "nothing is said about the input {what}: it must take the observation, a part of it or the action mask, or be recurrent or fixed"
        ));
    }
    graph.input = inputs;
    graph.output = outputs;
    // Shapes that the exporter noted for inner tensors may contradict the concrete ones.
    graph.value_info.clear();
    Ok(Inputs { observed, mask, states })
}

fn require_names(graph: &GraphProto, config: &Config) -> Result<(), String> {
    let observed = config.observed();
    let inputs = (observed.iter().map(|input| &input.name))
        .chain(&config.mask_input)
        .chain(config.recurrent.iter().map(|state| &state.input))
        .chain(config.fixed.iter().map(|fixed| &fixed.input));
    let outputs = config.decided().into_iter().chain(config.recurrent.iter().map(|state| &state.output));
    let missing_inputs = missing(&graph.input, inputs);
    let missing_outputs = missing(&graph.output, outputs);
    if missing_inputs.is_empty() && missing_outputs.is_empty() {
        return Ok(());
    }
    let list = |values: &[ValueInfoProto]| values.iter().map(describe).collect::<Vec<_>>().join(", ");
    let mut what = Vec::new();
    if !missing_inputs.is_empty() {
        what.push(format!("no input {}", missing_inputs.join(", ")));
    }
    if !missing_outputs.is_empty() {
        what.push(format!("no output {}", missing_outputs.join(", ")));
    }
    Err(format!(
        "the model has {}; its inputs are {}, its outputs {}",
        what.join(" and "),
        list(&graph.input),
        list(&graph.output)
    ))
}

fn missing<'a>(have: &[ValueInfoProto], want: impl Iterator<Item = &'a String>) -> Vec<String> {
    want.filter(|name| have.iter().all(|value| value.name != **name))
        .map(|name| format!("{name:?}"))
        .collect()
}

fn take(values: &mut Vec<ValueInfoProto>, name: &str) -> Result<ValueInfoProto, String> {
    let at = values.iter().position(|value| value.name == name);
    at.map(|at| values.remove(at)).ok_or_else(|| format!("the model has no tensor {name:?}"))
}

fn tensor_type(value: &ValueInfoProto) -> Option<&type_proto::Tensor> {
    let type_proto::Value::TensorType(tensor) = value.r#type.as_ref()?.value.as_ref()?;
    Some(tensor)
}

pub(crate) fn data_type(value: &ValueInfoProto) -> DataType {
    tensor_type(value).and_then(|t| DataType::try_from(t.elem_type).ok()).unwrap_or(DataType::Undefined)
}

/// The declared dimensions; `None` for one that is symbolic or unknown.
pub(crate) fn dims(value: &ValueInfoProto) -> Option<Vec<Option<i64>>> {
    let fixed = |dim: &Dimension| match dim.value {
        Some(Value::DimValue(n)) if n > 0 => Some(n),
        _ => None,
    };
    Some(tensor_type(value)?.shape.as_ref()?.dim.iter().map(fixed).collect())
}

/// For people: `"obs" FLOAT [?, 12]`.
pub(crate) fn describe(value: &ValueInfoProto) -> String {
    let shape = match dims(value) {
        Some(dims) => {
            let words: Vec<String> =
                dims.iter().map(|dim| dim.map_or_else(|| "?".into(), |n| n.to_string())).collect();
            format!("[{}]", words.join(", "))
        }
        None => "of unknown shape".into(),
    };
    format!("{:?} {} {shape}", value.name, data_type(value).as_str_name())
}

/// The type of an input's numbers, where numbers of an observation or a mask can be converted to it.
fn kind(value: &ValueInfoProto) -> Option<DatumType> {
    Some(match data_type(value) {
        DataType::Float => DatumType::F32,
        DataType::Double => DatumType::F64,
        DataType::Float16 => DatumType::F16,
        DataType::Int64 => DatumType::I64,
        DataType::Int32 => DatumType::I32,
        DataType::Int8 => DatumType::I8,
        DataType::Uint8 => DatumType::U8,
        DataType::Bool => DatumType::Bool,
        _ => return None,
    })
}

/// Gives an input its final shape: 1 wherever the file leaves a dimension open.
fn concrete(value: &mut ValueInfoProto) -> Result<Tensor, String> {
    let Some(((dims, kind), elem_type)) =
        dims(value).zip(kind(value)).zip(tensor_type(value).map(|t| t.elem_type))
    else {
        return Err(format!(
            "the input {} must be of numbers or booleans, and of known shape",
            describe(value)
        ));
    };
    let shape: Option<Vec<usize>> =
        dims.iter().map(|dim| dim.map_or(Some(1), |n| usize::try_from(n).ok())).collect();
    let Some(shape) = shape.filter(|shape| elements(shape).is_some_and(|n| n <= MAX_ELEMENTS)) else {
        return Err(format!("the input {} is larger than {MAX_ELEMENTS} numbers", describe(value)));
    };
    let dim = dims
        .iter()
        .map(|dim| Dimension { value: Some(Value::DimValue(dim.unwrap_or(1))), ..Dimension::default() })
        .collect();
    let tensor = type_proto::Tensor { elem_type, shape: Some(TensorShapeProto { dim }) };
    value.r#type =
        Some(TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..TypeProto::default() });
    Ok(Tensor { name: value.name.clone(), kind, shape })
}

pub(crate) fn elements(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |n, dim| n.checked_mul(*dim))
}

/// A fixed input becomes a constant of the graph, so that the optimiser can use it.
fn constant(input: ValueInfoProto, fixed: &Fixed) -> Result<TensorProto, String> {
    let shape = &fixed.shape;
    let fits = dims(&input).is_none_or(|dims| {
        dims.len() == shape.len() && dims.iter().zip(shape).all(|(d, s)| d.is_none_or(|d| d == i64::from(*s)))
    });
    if !fits {
        return Err(format!(
            "the fixed value of shape {shape:?} does not fit the input {}",
            describe(&input)
        ));
    }
    let sizes: Vec<usize> = shape.iter().map(|n| *n as usize).collect();
    let count = elements(&sizes).filter(|n| *n <= MAX_ELEMENTS);
    let values = match (count, fixed.values.as_slice()) {
        (Some(n), [one]) => vec![*one; n],
        (Some(n), all) if n == all.len() => all.to_vec(),
        _ => {
            let (name, found) = (&fixed.input, fixed.values.len());
            return Err(format!("the fixed input {name:?} has shape {shape:?} but {found} values"));
        }
    };
    let data_type = data_type(&input);
    let mut tensor = TensorProto {
        name: input.name.clone(),
        dims: shape.iter().map(|n| i64::from(*n)).collect(),
        data_type: data_type as i32,
        ..TensorProto::default()
    };
    match data_type {
        DataType::Float => tensor.float_data = values,
        DataType::Double => tensor.double_data = values.into_iter().map(f64::from).collect(),
        DataType::Int64 => tensor.int64_data = values.into_iter().map(|v| v as i64).collect(),
        DataType::Int32 => tensor.int32_data = values.into_iter().map(|v| v as i32).collect(),
        DataType::Bool => tensor.int32_data = values.into_iter().map(|v| i32::from(v != 0.0)).collect(),
        _ => {
            return Err(format!("the input {} cannot be fixed: its type is not supported", describe(&input)));
        }
    }
    Ok(tensor)
}
