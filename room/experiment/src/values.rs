//! What the values of a variable look like: the one description from which the codebook explains a column of the data.

/// What the values of a column look like. Any of them may be empty, which means that there is no value.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnType {
    /// Any text.
    Text,
    /// Whole numbers, between these bounds where they are known.
    Integer(Option<f64>, Option<f64>),
    /// Numbers, between these bounds where they are known.
    Number(Option<f64>, Option<f64>),
    /// `true` or `false`.
    Boolean,
    /// A moment, ISO 8601 in UTC.
    Time,
    /// A list in JSON; its members are among these.
    List(Vec<LabeledValue>),
    /// Any value in JSON.
    Json,
    /// One of these.
    Levels(Vec<LabeledValue>),
    /// A number between two bounds; some of its values have a label.
    Scale(f64, f64, Vec<LabeledValue>),
}

/// A value and its meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabeledValue {
    /// The value, as the data have it.
    pub value: String,
    /// What the value means, for people; may be the same text.
    pub meaning: String,
}

impl LabeledValue {
    /// Labels a value with its meaning.
    #[must_use]
    pub fn new(value: impl Into<String>, meaning: impl Into<String>) -> Self {
        Self { value: value.into(), meaning: meaning.into() }
    }
}
