//! A question: an id, a label, whether it must be answered, and a kind that does the rest.

use std::{collections::BTreeSet, sync::Arc};

use footlights_env::{Rng, Stream};
use footlights_protocol::{
    text::{clean_line, clean_lines},
    words::Words,
};
use maud::Markup;
use serde::{Serialize, Serializer, ser::SerializeStruct};
use serde_json::Value;

use super::{field::FieldContext, kind::QuestionKind};
use crate::{answer::Answer, id::is_id, values::ColumnType};

/// How many samples of a question are tried when the experiment is checked.
const SAMPLES: u64 = 20;

/// A question on a [`Page`](crate::Page).
///
/// Each kind has a constructor, such as [`Question::slider`]. It returns a [`QuestionBuilder`] that has the options of
/// that kind and no others, and that [`Page::ask`](crate::Page::ask) accepts.
///
/// ```
/// use footlights_experiment::{Answer, Question};
///
/// let fun: Question = Question::scale("fun", "How much fun was it?", 7).anchors("None", "A lot").into();
/// assert_eq!(fun.accept(&["6"]), Ok(Some(Answer::Number(6.0))));
/// assert_eq!(fun.accept(&[]), Err("Please answer this question.".into()));
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Question {
    /// The name of the answer in the data.
    pub id: String,
    /// What the participant reads.
    pub label: String,
    /// Whether the participant must answer.
    pub required: bool,
    /// The right answer, or all right options, if the question has one.
    pub correct: Option<Vec<String>>,
    kind: Arc<dyn QuestionKind>,
}

/// A question that is being written. Options of all questions are here; each kind adds its own.
///
/// ```compile_fail
/// use footlights_experiment::Question;
///
/// // A slider has one value, so there is no such option.
/// Question::slider("skill", "Your skill", 0.0, 1.0, 0.1).multiple();
/// ```
#[derive(Debug, Clone)]
#[must_use = "a question is asked by `Page::ask`"]
pub struct QuestionBuilder<K> {
    id: String,
    label: String,
    required: bool,
    correct: Option<Vec<String>>,
    pub(super) kind: K,
}

impl<K: QuestionKind> QuestionBuilder<K> {
    /// Lets the participant leave the question without an answer. Without this, the question must be answered.
    pub fn optional(mut self) -> Self {
        self.required = false;
        self
    }

    /// The right answer, or all right options in any order, as a form sends them. Options are compared without their
    /// order, also where a kind of your own returns [`Answer::Several`]. A page with such a question is a comprehension
    /// check; see [`Page::attempts`](crate::Page::attempts).
    pub fn correct(mut self, answers: &[&str]) -> Self {
        self.correct = Some(answers.iter().map(|answer| clean_line(answer)).collect());
        self
    }
}

impl<K: QuestionKind + 'static> From<QuestionBuilder<K>> for Question {
    fn from(builder: QuestionBuilder<K>) -> Self {
        let QuestionBuilder { id, label, required, correct, kind } = builder;
        Self { id, label, required, correct, kind: Arc::new(kind) }
    }
}

impl Question {
    /// A question of any kind, also of one that you wrote; see [`QuestionKind`].
    ///
    /// `id` names the answer in the data (1 to 64 letters, digits, `_` and `-`); participants and the codebook read
    /// `label`.
    pub fn of_kind<K: QuestionKind>(id: &str, label: &str, kind: K) -> QuestionBuilder<K> {
        QuestionBuilder { id: id.into(), label: label.into(), required: true, correct: None, kind }
    }

    /// Whether the question makes its own control; otherwise the page's own HTML has it.
    #[must_use]
    pub fn has_control(&self) -> bool {
        self.kind.has_control()
    }

    /// What the answers look like, for the codebook.
    #[must_use]
    pub fn column(&self) -> ColumnType {
        self.kind.column()
    }

    /// The files among the experiments' assets that it shows.
    #[must_use]
    pub fn files(&self) -> Vec<String> {
        self.kind.files()
    }

    /// The question as HTML in the participant's language, with what was sent before and with what was wrong with it.
    #[must_use]
    pub fn render(&self, sent: &[(String, String)], error: Option<&str>, words: &Words) -> Markup {
        let field =
            FieldContext { id: &self.id, label: &self.label, required: self.required, sent, error, words };
        self.kind.render(&field)
    }

    /// What a participant reads for an answer that a page shows again; see [`QuestionKind::label_of`].
    #[must_use]
    pub fn label_of(&self, answer: &Answer) -> Option<Answer> {
        self.kind.label_of(answer)
    }

    /// A random answer as a browser would send it; see [`QuestionKind::sample`].
    #[must_use]
    pub fn sample(&self, rng: &mut Rng) -> Vec<String> {
        self.kind.sample(rng)
    }

    /// Whether an answer is right; several options are compared without their order. `None` if the question has no right
    /// answer.
    #[must_use]
    pub fn is_correct(&self, answer: Option<&Answer>) -> Option<bool> {
        let correct: BTreeSet<&str> = self.correct.as_ref()?.iter().map(String::as_str).collect();
        Some(match answer {
            None => correct.is_empty(),
            Some(answer @ Answer::Number(_)) => {
                correct.iter().any(|correct| self.kind.accept(&[correct]).as_ref() == Ok(answer))
            }
            Some(Answer::Text(text)) => correct.contains(clean_line(text).as_str()),
            Some(Answer::Several(chosen)) => {
                chosen.iter().map(String::as_str).collect::<BTreeSet<_>>() == correct
            }
        })
    }

    /// Judges the values that a form sent for this question: none, one, or several. `None` means that an optional
    /// question was left out.
    ///
    /// # Errors
    /// What is wrong with the answer, as a sentence for the participant.
    pub fn accept(&self, given: &[&str]) -> Result<Option<Answer>, String> {
        self.accept_in(given, &Words::default())
    }

    /// The same for a participant who reads `words`.
    ///
    /// # Errors
    /// What is wrong with the answer, as a sentence for the participant.
    pub fn accept_in(&self, given: &[&str], words: &Words) -> Result<Option<Answer>, String> {
        let cleaned: Vec<String> = given.iter().map(|value| clean_lines(value)).collect();
        let given: Vec<&str> = cleaned.iter().map(String::as_str).filter(|value| !value.is_empty()).collect();
        match (given.is_empty(), self.required) {
            (true, true) => Err(self.kind.missing(words)),
            (true, false) => Ok(None),
            (false, _) => self.kind.accept_in(&given, words).map(Some),
        }
    }

    /// Finds what is wrong with the configuration.
    pub(crate) fn validate(&self) -> Result<(), String> {
        let id = &self.id;
        if !is_id(id) {
            return Err(format!("question {id:?}: the id must be 1 to 64 letters, digits, _ and -"));
        }
        let wrong = |why: &str| Err(format!("question {id:?}: {why}"));
        if let Some(correct) = &self.correct {
            let given: Vec<&str> = correct.iter().map(String::as_str).collect();
            match self.accept(&given) {
                Ok(answer) if self.is_correct(answer.as_ref()) == Some(true) => {}
                _ => return wrong(&format!("nobody can give the right answer {correct:?}")),
            }
        }
        if self.label.trim().is_empty() {
            return wrong("the label is empty, so a screen reader would read out nothing");
        }
        if let Err(why) = self.kind.validate() {
            return wrong(&why);
        }
        // A participant could not get past a page that refuses what it offers.
        for seed in 0..SAMPLES {
            let sample = self.sample(&mut Rng::derive(seed, Stream::Policy(0), 0, 0));
            let given: Vec<&str> = sample.iter().map(String::as_str).collect();
            if let Err(why) = self.accept(&given) {
                return wrong(&format!("it refuses its own sample {given:?}: {why}"));
            }
        }
        Ok(())
    }
}

impl Serialize for Question {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut kind = self.kind.parameters();
        if let Value::Object(parameters) = &mut kind {
            parameters.insert("kind".into(), self.kind.name().into());
        }
        let mut question = serializer.serialize_struct("Question", 5)?;
        question.serialize_field("id", &self.id)?;
        question.serialize_field("label", &self.label)?;
        question.serialize_field("required", &self.required)?;
        question.serialize_field("kind", &kind)?;
        question.serialize_field("right", &self.correct)?;
        question.end()
    }
}
