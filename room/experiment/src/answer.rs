//! An accepted answer, and what is known about a participant by name.

use std::collections::BTreeMap;

use footlights_protocol::words::{Words, texts};
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
        self.words_in(&Words::default(), None)
    }

    /// The same in a language, where a number has exactly so many decimals if they are given.
    #[must_use]
    pub fn words_in(&self, words: &Words, decimals: Option<usize>) -> String {
        match self {
            Self::Several(chosen) => chosen.join(words.get(texts::LIST_SEPARATOR)),
            Self::Text(text) => text.clone(),
            Self::Number(number) => {
                let places = decimals.unwrap_or(MOST_DECIMALS);
                let mut written = format!("{number:.places$}");
                if decimals.is_none() && written.contains('.') {
                    written.truncate(written.trim_end_matches('0').trim_end_matches('.').len());
                }
                // Nobody has minus nothing.
                let is_nothing = written.chars().all(|c| matches!(c, '-' | '0' | '.'));
                let written = if is_nothing { written.trim_start_matches('-') } else { &written };
                words.number_words(written)
            }
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
