//! Values that a model keeps in files beside it, as PyTorch writes them since 2.9: a policy is one file, so they are put
//! into it.
//!
//! The format: <https://github.com/onnx/onnx/blob/main/docs/ExternalData.md>.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message as _;
use tract_onnx::pb::{GraphProto, ModelProto, TensorProto, tensor_proto::DataLocation};

/// The files beside a model in which it keeps values, by their paths from the folder of the model.
///
/// # Errors
/// The bytes are not an ONNX file.
pub fn external_files(model: &[u8]) -> Result<BTreeSet<String>, String> {
    let mut model = decode(model)?;
    let mut files = BTreeSet::new();
    let mut note = |tensor: &mut TensorProto| {
        if is_external(tensor) {
            files.insert(entry(tensor, "location").unwrap_or_default().to_owned());
        }
        Ok(())
    };
    model.graph.iter_mut().try_for_each(|graph| each(graph, &mut note))?;
    Ok(files)
}

/// The model with all its values in it. `files` has the contents of those that [`external_files`] named.
///
/// # Errors
/// The bytes are not an ONNX file, a file is missing, or it is shorter than the model says.
pub fn pack(model: &[u8], files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>, String> {
    let mut model = decode(model)?;
    let mut fill = |tensor: &mut TensorProto| {
        if !is_external(tensor) {
            return Ok(());
        }
        let wrong = |why: String| format!("tensor {:?}: {why}", tensor.name);
        let location = entry(tensor, "location").unwrap_or_default();
        let file = files.get(location).ok_or_else(|| wrong(format!("the file {location:?} is missing")))?;
        let number = |key: &str| match entry(tensor, key) {
            None => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|_| wrong(format!("its {key} is {text:?}"))),
        };
        let start: usize = number("offset")?.unwrap_or_default();
        let length: Option<usize> = number("length")?;
        let end = length.map_or(Some(file.len()), |length| start.checked_add(length));
        let bytes = end.and_then(|end| file.get(start..end)).ok_or_else(|| {
            let bytes = file.len();
            wrong(format!(
                "it needs the bytes from {start} on, {length:?} of them, and {location:?} has {bytes}"
            ))
        })?;
        tensor.raw_data = bytes.to_vec();
        tensor.external_data.clear();
        tensor.data_location = None;
        Ok(())
    };
    model.graph.iter_mut().try_for_each(|graph| each(graph, &mut fill))?;
    Ok(model.encode_to_vec())
}

fn decode(model: &[u8]) -> Result<ModelProto, String> {
    ModelProto::decode(model).map_err(|e| format!("{} bytes are not an ONNX file: {e}", model.len()))
}

fn is_external(tensor: &TensorProto) -> bool {
    tensor.data_location == Some(DataLocation::External as i32)
}

fn entry<'a>(tensor: &'a TensorProto, key: &str) -> Option<&'a str> {
    tensor.external_data.iter().find(|entry| entry.key == key).map(|entry| entry.value.as_str())
}

/// Calls `change` with every constant of a graph.
fn each(
    graph: &mut GraphProto,
    change: &mut dyn FnMut(&mut TensorProto) -> Result<(), String>,
) -> Result<(), String> {
    graph.initializer.iter_mut().try_for_each(&mut *change)?;
    for attribute in graph.node.iter_mut().flat_map(|node| &mut node.attribute) {
        attribute.t.iter_mut().chain(&mut attribute.tensors).try_for_each(&mut *change)?;
        for body in attribute.g.iter_mut().chain(&mut attribute.graphs) {
            each(body, change)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tract_onnx::pb::StringStringEntryProto;

    use super::*;
    use crate::export::{Dense, mlp};

    fn model() -> Vec<u8> {
        mlp(&[Dense { weights: vec![1.0, 2.0, 3.0, 4.0], bias: vec![5.0, 6.0] }])
    }

    /// The model with its values in a file, and the file.
    fn split(entries: impl Fn(usize, usize) -> Vec<(&'static str, String)>) -> (Vec<u8>, Vec<u8>) {
        let mut model = ModelProto::decode(model().as_slice()).unwrap();
        let mut file = b"before".to_vec();
        for tensor in &mut model.graph.as_mut().unwrap().initializer {
            let bytes = std::mem::take(&mut tensor.raw_data);
            let entries = entries(file.len(), bytes.len()).into_iter();
            let entry = |(key, value): (&str, String)| StringStringEntryProto { key: key.into(), value };
            tensor.external_data = entries.map(entry).collect();
            tensor.data_location = Some(DataLocation::External as i32);
            file.extend(bytes);
        }
        (model.encode_to_vec(), file)
    }

    fn usual(offset: usize, length: usize) -> Vec<(&'static str, String)> {
        vec![
            ("location", "p.onnx.data".into()),
            ("offset", offset.to_string()),
            ("length", length.to_string()),
        ]
    }

    #[test]
    fn a_packed_model_is_the_one_that_was_split() {
        let (split, file) = split(usual);
        assert_eq!(external_files(&split), Ok(BTreeSet::from(["p.onnx.data".into()])));
        let packed = pack(&split, &BTreeMap::from([("p.onnx.data".into(), file)])).unwrap();
        assert_eq!(ModelProto::decode(packed.as_slice()), ModelProto::decode(model().as_slice()));
        assert_eq!(external_files(&packed), Ok(BTreeSet::new()));
    }

    #[test]
    fn what_is_missing_is_named() {
        let (whole, file) = split(usual);
        let told = |model: &[u8], file: &[u8]| {
            pack(model, &BTreeMap::from([("p.onnx.data".into(), file.to_vec())])).unwrap_err()
        };
        assert_eq!(
            pack(&whole, &BTreeMap::new()),
            Err("tensor \"w0\": the file \"p.onnx.data\" is missing".into())
        );
        assert!(
            told(&whole, &file[..file.len() - 1]).contains("tensor \"b0\": it needs the bytes from 22 on")
        );
        for (key, value) in [("offset", "-1"), ("length", "x"), ("offset", "18446744073709551615")] {
            let (wrong, file) = split(|offset, length| {
                let entries = usual(offset, length).into_iter();
                entries.map(|entry| if entry.0 == key { (key, value.into()) } else { entry }).collect()
            });
            assert!(told(&wrong, &file).starts_with("tensor \"w0\": it"), "{key} {value}");
        }
        assert!(external_files(b"no model").is_err());
    }
}
