//! A number that the participant types in.

use footlights_env::Rng;
use footlights_protocol::words::Words;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::{
    definition::{Question, QuestionBuilder},
    field::FieldContext,
    kind::QuestionKind,
    range::Range,
};
use crate::{answer::Answer, values::ColumnType};

/// The kind of [`Question::number_input`].
#[derive(Debug, Clone, PartialEq)]
pub struct NumberInput {
    range: Range,
}

impl Question {
    /// A whole number from `min` to `max`; see [`step`](QuestionBuilder::step) for others.
    ///
    /// ```
    /// # use footlights_experiment::{Page, Question};
    /// let page = Page::new("about_you", "About you")
    ///     .ask(Question::number_input("age", "How old are you?", 18.0, 120.0))
    ///     .ask(Question::number_input("height", "How tall are you, in metres?", 0.5, 2.5).step(0.0).optional());
    /// ```
    pub fn number_input(id: &str, label: &str, min: f64, max: f64) -> QuestionBuilder<NumberInput> {
        Self::of_kind(id, label, NumberInput { range: Range { min, max, step: 1.0 } })
    }
}

impl QuestionBuilder<NumberInput> {
    /// The distance between two possible numbers, counted from the smallest one; 0 allows any number.
    pub fn step(mut self, distance: f64) -> Self {
        self.kind.range.step = distance;
        self
    }
}

impl QuestionKind for NumberInput {
    fn name(&self) -> &str {
        "number_input"
    }

    fn parameters(&self) -> Value {
        json!({ "min": self.range.min, "max": self.range.max, "step": self.range.step })
    }

    fn validate(&self) -> Result<(), String> {
        self.range.validate(true)
    }

    fn accept(&self, given: &[&str]) -> Result<Answer, String> {
        self.accept_in(given, &Words::default())
    }

    fn accept_in(&self, given: &[&str], words: &Words) -> Result<Answer, String> {
        self.range.accept_typed(given, words)
    }

    fn column(&self) -> ColumnType {
        ColumnType::Number(Some(self.range.min), Some(self.range.max))
    }

    fn render(&self, field: &FieldContext<'_>) -> Markup {
        // A field of the type `number` drops what it cannot read, such as a decimal comma, before anybody is told. The
        // keyboards of phones that `inputmode` asks for may have no minus.
        let keyboard = match self.range {
            Range { min, .. } if min < 0.0 => "text",
            range if range.is_whole() => "numeric",
            _ => "decimal",
        };
        let Range { min, max, step } = self.range;
        field.labelled(html! {
            // What it takes stands there for programs that fill in forms.
            input.number id=(field.element_id()) name=(field.name()) type="text" inputmode=(keyboard)
                data-min=(min) data-max=(max) data-step=[(step > 0.0).then_some(step)] autocomplete="off"
                required[field.is_required()] value=(field.value()) aria-invalid=[field.aria_invalid()]
                aria-describedby=[field.aria_describedby()];
        })
    }

    fn sample(&self, rng: &mut Rng) -> Vec<String> {
        let written = self.range.sample(rng);
        // Three decimals after a point are a group of digits where a comma begins decimals.
        let with_zero = |number: String| match number.split_once('.') {
            Some((_, decimals)) if decimals.len() == 3 => format!("{number}0"),
            _ => number,
        };
        written.into_iter().map(with_zero).collect()
    }
}
