//! One of some options, or several of them; as a list, or as cards side by side.

use std::collections::{BTreeMap, BTreeSet};

use footlights_env::Rng;
use footlights_protocol::{
    text::clean_line,
    words::{Words, texts},
};
use maud::{Markup, html};
use serde_json::{Value, json};

use super::{
    definition::{Question, QuestionBuilder},
    field::FieldContext,
    kind::QuestionKind,
};
use crate::{
    answer::Answer,
    values::{ColumnType, LabeledValue},
};

/// The kind of [`Question::multiple_choice`] and [`Question::option_cards`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MultipleChoice {
    /// The answers, in the order in which the page shows them.
    options: Vec<String>,
    /// What participants read in their place; nothing where that is the answers themselves.
    labels: Vec<String>,
    multiple: bool,
    cards: bool,
    /// Image files by option.
    images: BTreeMap<String, String>,
}

impl Question {
    /// One of these options; see [`multiple`](QuestionBuilder::multiple) for several. The words of an option are its
    /// value in the data, on one line and without spaces at their ends.
    ///
    /// ```
    /// # use footlights_experiment::{Page, Question};
    /// let page = Page::new("survey", "Survey").ask(
    ///     Question::multiple_choice("tried", "What did you try?", &["Jumping", "Waiting", "Running"]).multiple(),
    /// );
    /// ```
    pub fn multiple_choice(id: &str, label: &str, options: &[&str]) -> QuestionBuilder<MultipleChoice> {
        Self::of_kind(id, label, MultipleChoice::new(options))
    }

    /// One of these options, as cards side by side that can be chosen at a glance.
    ///
    /// ```
    /// # use footlights_experiment::{Page, Question};
    /// let page = Page::new("survey", "Survey").ask(
    ///     Question::option_cards("colour", "Your colour?", &["Red", "Blue"]).option_image("Red", "red.png"),
    /// );
    /// ```
    pub fn option_cards(id: &str, label: &str, options: &[&str]) -> QuestionBuilder<MultipleChoice> {
        Self::of_kind(id, label, MultipleChoice { cards: true, ..MultipleChoice::new(options) })
    }
}

impl MultipleChoice {
    fn new(options: &[&str]) -> Self {
        // What is sent is cleaned, so that is what an option is from the start.
        let options = options.iter().map(|option| clean_line(option)).collect();
        Self { options, labels: Vec::new(), multiple: false, cards: false, images: BTreeMap::new() }
    }

    /// What participants read for the option at a place.
    fn label(&self, place: usize) -> &str {
        self.labels.get(place).or(self.options.get(place)).map_or("", String::as_str)
    }

    /// The image of the option at a place.
    fn image(&self, place: usize) -> Option<&String> {
        self.images.get(self.label(place)).or_else(|| self.images.get(self.options.get(place)?))
    }
}

impl QuestionBuilder<MultipleChoice> {
    /// What the data have in place of each option's words, in the order of the options. A study in several languages has
    /// the same data in all of them by this; [`correct`](Self::correct) names these values, too.
    ///
    /// ```
    /// # use footlights_experiment::{Answer, Question};
    /// let question: Question =
    ///     Question::multiple_choice("again", "Noch einmal?", &["Ja", "Nein"]).stored_as(&["yes", "no"]).into();
    /// assert_eq!(question.accept(&["yes"]), Ok(Some(Answer::Text("yes".into()))));
    /// ```
    pub fn stored_as(mut self, values: &[&str]) -> Self {
        let values = values.iter().map(|value| clean_line(value)).collect();
        let words = std::mem::replace(&mut self.kind.options, values);
        if self.kind.labels.is_empty() {
            self.kind.labels = words;
        }
        self
    }

    /// Lets the participant choose any number of the options; at least one unless the question is
    /// [`optional`](Self::optional).
    pub fn multiple(mut self) -> Self {
        self.kind.multiple = true;
        self
    }

    /// Shows an image over the words of an option. `file` is a file among the experiments' assets.
    pub fn option_image(mut self, option: &str, file: &str) -> Self {
        self.kind.images.insert(clean_line(option), file.into());
        self
    }
}

impl QuestionKind for MultipleChoice {
    fn name(&self) -> &str {
        "multiple_choice"
    }

    fn parameters(&self) -> Value {
        let mut parameters = json!({
            "options": self.options, "several": self.multiple, "boxes": self.cards, "images": self.images,
        });
        if let (Value::Object(parameters), false) = (&mut parameters, self.labels.is_empty()) {
            parameters.insert("labels".into(), self.labels.clone().into());
        }
        parameters
    }

    fn files(&self) -> Vec<String> {
        self.images.values().cloned().collect()
    }

    fn validate(&self) -> Result<(), String> {
        if !self.labels.is_empty() && self.labels.len() != self.options.len() {
            let (options, values) = (self.labels.len(), self.options.len());
            return Err(format!("stored_as has {values} values for {options} options"));
        }
        let is_known = |option: &String| self.options.contains(option) || self.labels.contains(option);
        if let Some(option) = self.images.keys().find(|option| !is_known(option)) {
            return Err(format!("there is an image for {option:?}, which is not an option"));
        }
        let (mut seen, mut read) = (BTreeSet::new(), BTreeSet::new());
        let options = self.options.iter().filter(|option| option.is_empty() || !seen.insert(option.as_str()));
        let labels = self.labels.iter().filter(|label| label.is_empty() || !read.insert(label.as_str()));
        match options.chain(labels).next() {
            Some(option) => Err(format!(
                "option {option:?} is empty or appears twice; spaces at the ends of an option do not count"
            )),
            None if self.options.len() < 2 => Err("there must be at least two options".into()),
            None => Ok(()),
        }
    }

    fn accept(&self, given: &[&str]) -> Result<Answer, String> {
        self.accept_in(given, &Words::default())
    }

    fn accept_in(&self, given: &[&str], words: &Words) -> Result<Answer, String> {
        let given: Vec<String> = given.iter().map(|choice| clean_line(choice)).collect();
        if self.multiple {
            if given.iter().any(|choice| !self.options.contains(choice)) {
                return Err(words.get(texts::AMONG).into());
            }
            let chosen = self.options.iter().filter(|option| given.contains(option));
            return Ok(Answer::Several(chosen.cloned().collect()));
        }
        let [choice] = given.as_slice() else { return Err(words.get(texts::ONE_ANSWER).into()) };
        let known = self.options.iter().find(|option| *option == choice);
        Ok(Answer::Text(known.ok_or_else(|| words.get(texts::ONE_OF))?.clone()))
    }

    fn column(&self) -> ColumnType {
        let levels = self.options.iter().enumerate();
        let levels = levels.map(|(place, option)| LabeledValue::new(option, self.label(place))).collect();
        if self.multiple { ColumnType::List(levels) } else { ColumnType::Levels(levels) }
    }

    fn render(&self, field: &FieldContext<'_>) -> Markup {
        field.grouped(html! {
            div class=(if self.cards || !self.images.is_empty() { "options boxes" } else { "options" }) {
                @for (place, option) in self.options.iter().enumerate() {
                    label.option {
                        input type=(if self.multiple { "checkbox" } else { "radio" }) name=(field.name()) value=(option)
                            required[field.is_required() && !self.multiple] checked[field.has_value(option)];
                        // The words beside the image say what it shows.
                        @if let Some(file) = self.image(place) { img src={ "/assets/" (file) } alt=""; }
                        span { (self.label(place)) }
                    }
                }
            }
        })
    }

    fn label_of(&self, answer: &Answer) -> Option<Answer> {
        let label = |value: &String| {
            let place = self.options.iter().position(|option| option == value);
            place.map_or_else(|| value.clone(), |place| self.label(place).to_owned())
        };
        match answer {
            _ if self.labels.is_empty() => None,
            Answer::Text(value) => Some(Answer::Text(label(value))),
            Answer::Several(values) => Some(Answer::Several(values.iter().map(label).collect())),
            Answer::Number(_) => None,
        }
    }

    fn sample(&self, rng: &mut Rng) -> Vec<String> {
        let mut pick = || self.options.get(rng.below(self.options.len().max(1) as u32) as usize).cloned();
        let one = pick();
        if !self.multiple {
            return one.into_iter().collect();
        }
        let chosen: Vec<String> = self.options.iter().filter(|_| rng.unit() < 0.4).cloned().collect();
        if chosen.is_empty() { one.into_iter().collect() } else { chosen }
    }
}
