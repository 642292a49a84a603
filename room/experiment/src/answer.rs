//! An accepted answer, and what is known about a participant by name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What is known about a participant, by name: answers (`scene.question`), the results of games (`scene.score`,
/// `scene.outcome`, `scene.game_id`), the assigned levels (`condition.factor`) and parameters of the address
/// (`url.name`). Pages can show globals, and matchmakers can ask for them.
pub type Globals = BTreeMap<String, Answer>;

/// An accepted answer.
///
/// ```
/// use footlights_experiment::Answer;
///
/// let chosen = Answer::Several(vec!["red".into(), "blue".into()]);
/// assert_eq!(chosen.words(), "red, blue");
/// assert_eq!(chosen.to_string(), r#"["red","blue"]"#);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Answer {
    /// A number.
    Number(f64),
    /// A text, or the chosen option.
    Text(String),
    /// The chosen options, in the order in which the page shows them.
    Several(Vec<String>),
}

impl Answer {
    /// The answer as a participant reads it; several options are separated by commas.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Several(chosen) => chosen.join(", "),
            Self::Number(_) | Self::Text(_) => self.to_string(),
        }
    }
}

impl std::fmt::Display for Answer {
    /// The answer as the data have it; several options are a JSON list.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
            Self::Several(chosen) => write!(f, "{}", serde_json::Value::from(chosen.as_slice())),
        }
    }
}
