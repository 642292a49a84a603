//! Refuses model files that the runtime would otherwise trip over: it indexes by names and sizes that the file states,
//! and a panic at the edge ends every room in the same isolate.
//!
//! What is not checked is how much memory an operator asks for while it runs (`Expand`, `Tile`, `Range`): model files
//! come from the researcher, not from participants.

use std::collections::BTreeSet;

use prost::Message as _;
use tract_onnx::pb::{
    GraphProto, ModelProto, TensorProto, tensor_proto::DataLocation, tensor_proto::DataType,
};

/// Reads and checks a model file.
pub(crate) fn decode(bytes: &[u8], is_operator: impl Fn(&str) -> bool) -> Result<ModelProto, String> {
    let model =
        ModelProto::decode(bytes).map_err(|e| format!("{} bytes are not an ONNX file: {e}", bytes.len()))?;
    let Some(graph) = &model.graph else {
        return Err(format!("{} bytes are not an ONNX file: there is no graph in them", bytes.len()));
    };
    check_graph(graph, &BTreeSet::new(), &is_operator)?;
    Ok(model)
}

fn check_graph<'a>(
    graph: &'a GraphProto,
    outer: &BTreeSet<&'a str>,
    is_operator: &dyn Fn(&str) -> bool,
) -> Result<(), String> {
    let mut known = outer.clone();
    for tensor in &graph.initializer {
        check_tensor(tensor)?;
        known.insert(&tensor.name);
    }
    known.extend(graph.input.iter().map(|input| input.name.as_str()));
    for node in &graph.node {
        let name = if node.name.is_empty() { &node.op_type } else { &node.name };
        if !is_operator(&node.op_type) {
            return Err(format!("node {name:?}: operator {:?} is not supported", node.op_type));
        }
        // ONNX demands this order, and it rules out loops.
        if let Some(input) = node.input.iter().find(|i| !i.is_empty() && !known.contains(i.as_str())) {
            return Err(format!("node {name:?} reads {input:?}, which nothing before it makes"));
        }
        for attribute in &node.attribute {
            attribute.t.iter().chain(&attribute.tensors).try_for_each(check_tensor)?;
            for body in attribute.g.iter().chain(&attribute.graphs) {
                check_graph(body, &known, is_operator)?;
            }
        }
        for output in node.output.iter().filter(|o| !o.is_empty()) {
            if !known.insert(output) {
                return Err(format!("node {name:?} makes {output:?}, which exists already"));
            }
        }
    }
    match graph.output.iter().find(|o| !known.contains(o.name.as_str())) {
        Some(output) => Err(format!("nothing makes the output {:?}", output.name)),
        None => Ok(()),
    }
}

/// The values that a constant tensor states must be as many as its shape says.
fn check_tensor(tensor: &TensorProto) -> Result<(), String> {
    let refuse = |why: String| Err(format!("tensor {:?}: {why}", tensor.name));
    if tensor.data_location == Some(DataLocation::External as i32) {
        return refuse("its values are in another file; the command `policy check FILE --env ID --out FILE` writes one file with all of it".into());
    }
    let data_type = DataType::try_from(tensor.data_type).unwrap_or(DataType::Undefined);
    let Some((width, listed)) = storage(tensor, data_type) else {
        return refuse(format!("values of type {} are not supported", data_type.as_str_name()));
    };
    let count = tensor.dims.iter().try_fold(1usize, |n, dim| n.checked_mul(usize::try_from(*dim).ok()?));
    let found = if tensor.raw_data.is_empty() { Some(listed) } else { raw_count(tensor, width) };
    if count.is_none() || count != found {
        let bytes = tensor.raw_data.len();
        return refuse(format!("shape {:?} does not fit its {listed} values and {bytes} bytes", tensor.dims));
    }
    Ok(())
}

fn raw_count(tensor: &TensorProto, width: usize) -> Option<usize> {
    let bytes = tensor.raw_data.len();
    bytes.is_multiple_of(width).then_some(bytes / width)
}

/// The width of one value in `raw_data`, and how many values stand in the typed list instead.
fn storage(tensor: &TensorProto, data_type: DataType) -> Option<(usize, usize)> {
    let (int32, int64) = (tensor.int32_data.len(), tensor.int64_data.len());
    Some(match data_type {
        DataType::Float => (4, tensor.float_data.len()),
        DataType::Double => (8, tensor.double_data.len()),
        DataType::Bool | DataType::Uint8 | DataType::Int8 => (1, int32),
        DataType::Uint16 | DataType::Int16 | DataType::Float16 => (2, int32),
        DataType::Int32 => (4, int32),
        DataType::Int64 => (8, int64),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use tract_onnx::pb::{NodeProto, ValueInfoProto};

    use super::*;

    fn node(op: &str, input: &str, output: &str) -> NodeProto {
        NodeProto {
            op_type: op.into(),
            input: vec![input.into()],
            output: vec![output.into()],
            ..NodeProto::default()
        }
    }

    fn value(name: &str) -> ValueInfoProto {
        ValueInfoProto { name: name.into(), ..ValueInfoProto::default() }
    }

    fn tensor(dims: &[i64], values: usize) -> TensorProto {
        TensorProto {
            name: "w".into(),
            dims: dims.to_vec(),
            data_type: DataType::Float as i32,
            float_data: vec![0.0; values],
            ..TensorProto::default()
        }
    }

    fn refused(graph: GraphProto) -> String {
        let model = ModelProto { graph: Some(graph), ..ModelProto::default() };
        decode(&model.encode_to_vec(), |op| op == "Relu" || op == "If").unwrap_err()
    }

    #[test]
    fn bytes_without_a_graph_are_no_model() {
        for bytes in [&b""[..], b"<!DOCTYPE html>", &[0xff; 64]] {
            assert!(decode(bytes, |_| true).unwrap_err().contains("not an ONNX file"));
        }
    }

    #[test]
    fn a_graph_that_names_what_it_does_not_have_is_refused() {
        let graph = |node: Vec<NodeProto>, output: &str| GraphProto {
            input: vec![value("x")],
            node,
            output: vec![value(output)],
            ..GraphProto::default()
        };
        let why = refused(graph(vec![node("Relu", "x", "y"), node("Exotic", "y", "z")], "z"));
        assert_eq!(why, "node \"Exotic\": operator \"Exotic\" is not supported");
        let why = refused(graph(vec![node("Relu", "y", "y")], "y"));
        assert_eq!(why, "node \"Relu\" reads \"y\", which nothing before it makes");
        let why = refused(graph(vec![node("Relu", "x", "x")], "x"));
        assert_eq!(why, "node \"Relu\" makes \"x\", which exists already");
        assert_eq!(refused(graph(vec![node("Relu", "x", "y")], "z")), "nothing makes the output \"z\"");

        let mut branch = node("If", "x", "y");
        let body = graph(vec![node("Relu", "nowhere", "inner")], "inner");
        branch.attribute.push(tract_onnx::pb::AttributeProto { g: Some(body), ..Default::default() });
        assert!(refused(graph(vec![branch], "y")).contains("reads \"nowhere\""));
    }

    #[test]
    fn a_tensor_whose_shape_and_values_disagree_is_refused() {
        let graph = |tensor| GraphProto { initializer: vec![tensor], ..GraphProto::default() };
        for dims in [&[3][..], &[-2, -2], &[1 << 40, 1 << 40], &[i64::MAX]] {
            assert!(refused(graph(tensor(dims, 4))).contains("does not fit"), "{dims:?}");
        }
        let odd = TensorProto { raw_data: vec![0; 7], ..tensor(&[2], 0) };
        assert!(refused(graph(odd)).contains("7 bytes"));
        let unknown = TensorProto { data_type: 77, ..tensor(&[4], 4) };
        assert!(refused(graph(unknown)).contains("UNDEFINED"));
        let elsewhere = TensorProto { data_location: Some(DataLocation::External as i32), ..tensor(&[4], 4) };
        assert!(refused(graph(elsewhere)).contains("one file with all of it"));
    }
}
