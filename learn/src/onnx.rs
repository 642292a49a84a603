//! Writes a network as an ONNX file (<https://onnx.ai/onnx/repo-docs/IR.html>): a chain of `Gemm` and `Relu`.

use prost::Message;

use crate::net::Net;

/// The version of the standard operators, and of the file's own form.
const OPERATORS: i64 = 13;
const FORM: i64 = 8;
/// `FLOAT` among the types of tensors.
const FLOAT: i32 = 1;

#[derive(Clone, PartialEq, Message)]
struct Model {
    #[prost(int64, tag = "1")]
    form: i64,
    #[prost(string, tag = "2")]
    producer: String,
    #[prost(message, optional, tag = "7")]
    graph: Option<Graph>,
    #[prost(message, repeated, tag = "8")]
    operators: Vec<Operators>,
}

#[derive(Clone, PartialEq, Message)]
struct Operators {
    #[prost(string, tag = "1")]
    domain: String,
    #[prost(int64, tag = "2")]
    version: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Graph {
    #[prost(message, repeated, tag = "1")]
    nodes: Vec<Node>,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(message, repeated, tag = "5")]
    constants: Vec<Tensor>,
    #[prost(message, repeated, tag = "11")]
    inputs: Vec<Value>,
    #[prost(message, repeated, tag = "12")]
    outputs: Vec<Value>,
}

#[derive(Clone, PartialEq, Message)]
struct Node {
    #[prost(string, repeated, tag = "1")]
    inputs: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    outputs: Vec<String>,
    #[prost(string, tag = "3")]
    name: String,
    #[prost(string, tag = "4")]
    operator: String,
}

#[derive(Clone, PartialEq, Message)]
struct Tensor {
    #[prost(int64, repeated, tag = "1")]
    shape: Vec<i64>,
    #[prost(int32, tag = "2")]
    kind: i32,
    #[prost(string, tag = "8")]
    name: String,
    #[prost(bytes = "vec", tag = "9")]
    bytes: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "2")]
    kind: Option<Type>,
}

#[derive(Clone, PartialEq, Message)]
struct Type {
    #[prost(message, optional, tag = "1")]
    tensor: Option<TensorType>,
}

#[derive(Clone, PartialEq, Message)]
struct TensorType {
    #[prost(int32, tag = "1")]
    kind: i32,
    #[prost(message, optional, tag = "2")]
    shape: Option<Shape>,
}

#[derive(Clone, PartialEq, Message)]
struct Shape {
    #[prost(message, repeated, tag = "1")]
    axes: Vec<Axis>,
}

#[derive(Clone, PartialEq, Message)]
struct Axis {
    #[prost(oneof = "Length", tags = "1, 2")]
    length: Option<Length>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Length {
    #[prost(int64, tag = "1")]
    Fixed(i64),
    #[prost(string, tag = "2")]
    Named(String),
}

/// The network as a file, from `obs` [batch, inputs] to an output of the name given [batch, outputs].
#[must_use]
pub fn write(net: &Net, output: &str) -> Vec<u8> {
    let mut graph = Graph { name: "network".into(), ..Graph::default() };
    graph.inputs.push(value("obs", net.shape.inputs()));
    let count = net.layers().count();
    let mut previous = "obs".to_owned();
    for (number, (inputs, outputs, weights, bias)) in net.layers().enumerate() {
        let is_last = number + 1 == count;
        let (w, b) = (format!("w{number}"), format!("b{number}"));
        graph.constants.push(tensor(&w, &[inputs, outputs], weights));
        graph.constants.push(tensor(&b, &[outputs], bias));
        let dense = if is_last { output.to_owned() } else { format!("dense{number}") };
        graph.nodes.push(node("Gemm", vec![previous, w, b], &dense));
        previous = dense;
        if !is_last {
            let relu = format!("relu{number}");
            graph.nodes.push(node("Relu", vec![previous], &relu));
            previous = relu;
        }
    }
    graph.outputs.push(value(output, net.shape.outputs()));
    Model {
        form: FORM,
        producer: "footlights".into(),
        graph: Some(graph),
        operators: vec![Operators { domain: String::new(), version: OPERATORS }],
    }
    .encode_to_vec()
}

fn node(operator: &str, inputs: Vec<String>, output: &str) -> Node {
    Node { inputs, outputs: vec![output.into()], name: output.into(), operator: operator.into() }
}

fn tensor(name: &str, shape: &[usize], values: &[f32]) -> Tensor {
    Tensor {
        shape: shape.iter().map(|n| *n as i64).collect(),
        kind: FLOAT,
        name: name.into(),
        bytes: values.iter().flat_map(|value| value.to_le_bytes()).collect(),
    }
}

fn value(name: &str, width: usize) -> Value {
    let axis = |length| Axis { length: Some(length) };
    let axes = vec![axis(Length::Named("batch".into())), axis(Length::Fixed(width as i64))];
    let tensor = TensorType { kind: FLOAT, shape: Some(Shape { axes }) };
    Value { name: name.into(), kind: Some(Type { tensor: Some(tensor) }) }
}
