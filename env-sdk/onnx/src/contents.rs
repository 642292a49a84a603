//! What a model file says of itself.

use std::collections::BTreeSet;

/// What a model file says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// The program that wrote it.
    pub producer: String,
    /// The version of the operator set.
    pub opset: i64,
    /// The inputs, each as `"obs" FLOAT [?, 12]`.
    pub inputs: Vec<String>,
    /// The outputs.
    pub outputs: Vec<String>,
    /// Files beside it in which it keeps values.
    pub external: BTreeSet<String>,
}
