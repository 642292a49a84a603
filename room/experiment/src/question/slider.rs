//! A number that the participant chooses on a line.

use footlights_env::Rng;
use footlights_protocol::words::{Words, texts};
use maud::{Markup, html};
use serde_json::{Value, json};

use super::{
    definition::{Question, QuestionBuilder},
    field::FieldContext,
    kind::QuestionKind,
    range::Range,
};
use crate::{answer::Answer, values::ColumnType};

/// The kind of [`Question::slider`].
#[derive(Debug, Clone, PartialEq)]
pub struct Slider {
    range: Range,
    anchors: (String, String),
}

impl Question {
    /// A number on a line from `min` to `max`, in steps of `step`. The slider has no answer until the participant moves it
    /// or presses it where it stands: with the mouse, a finger, or a key.
    ///
    /// ```
    /// # use footlights_experiment::{Page, Question};
    /// let page = Page::new("survey", "Survey")
    ///     .ask(Question::slider("skill", "Whose skill was higher?", 0.0, 100.0, 1.0).anchors("Mine", "My partner's"));
    /// ```
    pub fn slider(id: &str, label: &str, min: f64, max: f64, step: f64) -> QuestionBuilder<Slider> {
        Self::of_kind(id, label, Slider { range: Range { min, max, step }, anchors: Default::default() })
    }
}

impl QuestionBuilder<Slider> {
    /// Words at the left and at the right end; in the codebook, the meanings of the smallest and the largest number.
    pub fn anchors(mut self, low: &str, high: &str) -> Self {
        self.kind.anchors = (low.into(), high.into());
        self
    }

    /// The distance between two possible numbers, counted from the smallest one; more than 0.
    pub fn step(mut self, distance: f64) -> Self {
        self.kind.range.step = distance;
        self
    }
}

impl QuestionKind for Slider {
    fn name(&self) -> &str {
        "slider"
    }

    fn parameters(&self) -> Value {
        let Range { min, max, step } = self.range;
        json!({ "min": min, "max": max, "step": step, "ends": self.anchors })
    }

    fn validate(&self) -> Result<(), String> {
        self.range.validate(false)
    }

    fn accept(&self, given: &[&str]) -> Result<Answer, String> {
        self.accept_in(given, &Words::default())
    }

    fn accept_in(&self, given: &[&str], words: &Words) -> Result<Answer, String> {
        self.range.accept(given, words)
    }

    fn missing(&self, words: &Words) -> String {
        words.get(texts::MISSING_SLIDER).into()
    }

    fn column(&self) -> ColumnType {
        self.range.column(&self.anchors)
    }

    fn render(&self, field: &FieldContext<'_>) -> Markup {
        let id = field.element_id();
        let Range { min, max, step } = self.range;
        field.labelled(html! {
            // Until it is touched, the slider has a position but no answer: the page's program does not send it.
            input id=(id) name=(field.name()) type="range" min=(min) max=(max) step=(step)
                value=[field.sent()] data-touched=[field.sent().map(|_| "")]
                aria-invalid=[field.aria_invalid()] aria-describedby=[field.aria_describedby()];
            div.ends aria-hidden="true" {
                span { (self.anchors.0) }
                output for=(id) { (field.value()) }
                span { (self.anchors.1) }
            }
        })
    }

    fn sample(&self, rng: &mut Rng) -> Vec<String> {
        self.range.sample(rng)
    }
}
