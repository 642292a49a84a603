//! One of some options, or several of them; as a list, or as cards side by side.

use std::collections::{BTreeMap, BTreeSet};

use footlights_env::Rng;
use footlights_protocol::text::clean_line;
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
    /// In the order in which the page shows them; an option's words are the answer.
    options: Vec<String>,
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
        Self { options, multiple: false, cards: false, images: BTreeMap::new() }
    }
}

impl QuestionBuilder<MultipleChoice> {
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
        json!({ "options": self.options, "several": self.multiple, "boxes": self.cards, "images": self.images })
    }

    fn files(&self) -> Vec<String> {
        self.images.values().cloned().collect()
    }

    fn validate(&self) -> Result<(), String> {
        if let Some(option) = self.images.keys().find(|option| !self.options.contains(option)) {
            return Err(format!("there is an image for {option:?}, which is not an option"));
        }
        let mut seen = BTreeSet::new();
        match self.options.iter().find(|option| option.is_empty() || !seen.insert(option.as_str())) {
            Some(option) => Err(format!(
                "option {option:?} is empty or appears twice; spaces at the ends of an option do not count"
            )),
            None if self.options.len() < 2 => Err("there must be at least two options".into()),
            None => Ok(()),
        }
    }

    fn accept(&self, given: &[&str]) -> Result<Answer, String> {
        let given: Vec<String> = given.iter().map(|choice| clean_line(choice)).collect();
        if self.multiple {
            if given.iter().any(|choice| !self.options.contains(choice)) {
                return Err("Please choose among the options.".into());
            }
            let chosen = self.options.iter().filter(|option| given.contains(option));
            return Ok(Answer::Several(chosen.cloned().collect()));
        }
        let [choice] = given.as_slice() else { return Err("Please give one answer.".into()) };
        let known = self.options.iter().find(|option| *option == choice);
        Ok(Answer::Text(known.ok_or("Please choose one of the options.")?.clone()))
    }

    fn column(&self) -> ColumnType {
        let levels = self.options.iter().map(|option| LabeledValue::new(option, option)).collect();
        if self.multiple { ColumnType::List(levels) } else { ColumnType::Levels(levels) }
    }

    fn render(&self, field: &FieldContext<'_>) -> Markup {
        field.grouped(html! {
            div class=(if self.cards || !self.images.is_empty() { "options boxes" } else { "options" }) {
                @for option in &self.options {
                    label.option {
                        input type=(if self.multiple { "checkbox" } else { "radio" }) name=(field.name()) value=(option)
                            required[field.is_required() && !self.multiple] checked[field.has_value(option)];
                        // The words beside the image say what it shows.
                        @if let Some(file) = self.images.get(option) { img src={ "/assets/" (file) } alt=""; }
                        span { (option) }
                    }
                }
            }
        })
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
