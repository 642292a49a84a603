//! Writes small networks as ONNX files, for trainers and tests.

use prost::Message as _;
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, TensorShapeProto,
    TypeProto, ValueInfoProto,
    tensor_proto::DataType,
    tensor_shape_proto::{Dimension, dimension::Value},
    type_proto,
};

/// A dense layer: `output = input * weights + bias`.
#[derive(Debug, Clone, PartialEq)]
pub struct Dense {
    /// Row-major, one row for each input.
    pub weights: Vec<f32>,
    /// One for each output.
    pub bias: Vec<f32>,
}

/// A multilayer perceptron with tanh between its layers, from `obs` [batch, in] to `logits` [batch, out].
#[must_use]
pub fn mlp(layers: &[Dense]) -> Vec<u8> {
    let mut graph = GraphProto { name: "mlp".into(), ..GraphProto::default() };
    let mut width = 0;
    let mut previous = "obs".to_owned();
    for (index, layer) in layers.iter().enumerate() {
        let (inputs, outputs) = (layer.weights.len() / layer.bias.len().max(1), layer.bias.len());
        if index == 0 {
            graph.input.push(value("obs", inputs));
        }
        let (weights, bias) = (format!("w{index}"), format!("b{index}"));
        graph.initializer.push(tensor(&weights, &[inputs, outputs], &layer.weights));
        graph.initializer.push(tensor(&bias, &[outputs], &layer.bias));
        let last = index + 1 == layers.len();
        let dense = if last { "logits".to_owned() } else { format!("dense{index}") };
        graph.node.push(node("Gemm", &[&previous, &weights, &bias], &dense, Vec::new()));
        previous = dense;
        if !last {
            let activation = format!("tanh{index}");
            graph.node.push(node("Tanh", &[&previous], &activation, Vec::new()));
            previous = activation;
        }
        width = outputs;
    }
    graph.output.push(value("logits", width));
    file(graph)
}

/// A graph as a file of the standard operators, version 13.
#[must_use]
pub fn file(graph: GraphProto) -> Vec<u8> {
    ModelProto {
        ir_version: 8,
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version: 13 }],
        producer_name: "footlights".into(),
        graph: Some(graph),
        ..ModelProto::default()
    }
    .encode_to_vec()
}

/// A node with one output, which also names it.
#[must_use]
pub fn node(op: &str, inputs: &[&str], output: &str, attribute: Vec<AttributeProto>) -> NodeProto {
    NodeProto {
        op_type: op.into(),
        name: output.into(),
        input: inputs.iter().map(|name| (*name).to_owned()).collect(),
        output: vec![output.into()],
        attribute,
        ..NodeProto::default()
    }
}

/// A constant of 32-bit floats.
#[must_use]
pub fn tensor(name: &str, shape: &[usize], values: &[f32]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: shape.iter().map(|n| *n as i64).collect(),
        data_type: DataType::Float as i32,
        raw_data: values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        ..TensorProto::default()
    }
}

/// An input or output of 32-bit floats, of the shape [batch, width] with the batch left open.
#[must_use]
pub fn value(name: &str, width: usize) -> ValueInfoProto {
    let dim = |value| Dimension { value: Some(value), ..Dimension::default() };
    let shape = TensorShapeProto {
        dim: vec![dim(Value::DimParam("batch".into())), dim(Value::DimValue(width as i64))],
    };
    let tensor = type_proto::Tensor { elem_type: DataType::Float as i32, shape: Some(shape) };
    ValueInfoProto {
        name: name.into(),
        r#type: Some(TypeProto {
            value: Some(type_proto::Value::TensorType(tensor)),
            ..TypeProto::default()
        }),
        ..ValueInfoProto::default()
    }
}
