//! What an environment records of its state, apart from what agents observe.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One recorded value of the state, for a column that [`Labels::state`](crate::Labels::state) declares.
///
/// ```
/// use footlights_env::RecordValue;
///
/// let recorded: [RecordValue; 2] = [0.5.into(), "left".into()];
/// assert_eq!(serde_json::Value::from(recorded[1].clone()), "left");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum RecordValue {
    /// A number; one that is not finite leaves its field in the data empty.
    #[serde(rename = "n")]
    Number(f64),
    /// A word or a text.
    #[serde(rename = "t")]
    Text(String),
    /// Anything else, such as the cells of a board.
    #[serde(rename = "j")]
    Json(Value),
}

/// What the values of a recorded column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// [`RecordValue::Number`].
    Number,
    /// [`RecordValue::Text`].
    Text,
    /// [`RecordValue::Json`].
    Json,
}

impl RecordValue {
    /// What the value is.
    #[must_use]
    pub fn kind(&self) -> RecordKind {
        match self {
            Self::Number(_) => RecordKind::Number,
            Self::Text(_) => RecordKind::Text,
            Self::Json(_) => RecordKind::Json,
        }
    }
}

impl From<f64> for RecordValue {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for RecordValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for RecordValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Value> for RecordValue {
    fn from(value: Value) -> Self {
        Self::Json(value)
    }
}

impl From<RecordValue> for Value {
    /// The value as plain JSON; null for a number that is not finite.
    fn from(value: RecordValue) -> Self {
        match value {
            RecordValue::Number(number) => number.into(),
            RecordValue::Text(text) => text.into(),
            RecordValue::Json(value) => value,
        }
    }
}
