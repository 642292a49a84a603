//! An accepted answer, and what is known about a participant by name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What is known about a participant, by name: answers (`scene.question`), the results of games (`scene.score`,
/// `scene.outcome`, `scene.game_id`), the assigned levels (`condition.factor`) and parameters of the address
/// (`url.name`). Pages can show globals, and matchmakers can ask for them.
pub type Globals = BTreeMap<String, Answer>;

/// How many decimals of a number are shown, unless a text asks for others.
const MOST_DECIMALS: usize = 2;

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
    /// The answer as a participant reads it: several options are separated by commas, and a number has two decimals at
    /// most, as beside a game's picture.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Several(chosen) => chosen.join(", "),
            Self::Number(_) => {
                let rounded = self.words_with(MOST_DECIMALS);
                rounded.trim_end_matches('0').trim_end_matches('.').to_owned()
            }
            Self::Text(text) => text.clone(),
        }
    }

    /// The same, where a number has exactly so many decimals.
    #[must_use]
    pub fn words_with(&self, decimals: usize) -> String {
        match self {
            Self::Number(number) => {
                let words = format!("{number:.decimals$}");
                // Nobody has minus nothing.
                let is_nothing = words.chars().all(|c| matches!(c, '-' | '0' | '.'));
                if is_nothing { words.trim_start_matches('-').to_owned() } else { words }
            }
            Self::Text(_) | Self::Several(_) => self.words(),
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
