//! A Likert scale.

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

/// The kind of [`Question::scale`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scale {
    points: u8,
    anchors: (String, String),
}

impl Question {
    /// A Likert scale: one of the numbers from 1 to `points`. A scale has 2 to 11 points.
    ///
    /// ```
    /// # use footlights_experiment::{Page, Question};
    /// let page = Page::new("survey", "Survey")
    ///     .ask(Question::scale("effort", "How hard was it?", 7).anchors("Very easy", "Very hard"));
    /// ```
    pub fn scale(id: &str, label: &str, points: u8) -> QuestionBuilder<Scale> {
        Self::of_kind(id, label, Scale { points, anchors: Default::default() })
    }
}

impl QuestionBuilder<Scale> {
    /// Words at 1 and at the highest point; in the codebook, the meanings of these points.
    pub fn anchors(mut self, low: &str, high: &str) -> Self {
        self.kind.anchors = (low.into(), high.into());
        self
    }
}

impl Scale {
    fn range(&self) -> Range {
        Range { min: 1.0, max: f64::from(self.points), step: 1.0 }
    }

    /// What a screen reader says of the first and of the last point.
    fn point_label(&self, point: u8, all: &Words) -> Option<String> {
        let words = match point {
            1 => &self.anchors.0,
            point if point == self.points => &self.anchors.1,
            _ => return None,
        };
        (!words.is_empty()).then(|| format!("{point}{}{words}", all.get(texts::LIST_SEPARATOR)))
    }
}

impl QuestionKind for Scale {
    fn name(&self) -> &str {
        "scale"
    }

    fn parameters(&self) -> Value {
        json!({ "points": self.points, "ends": self.anchors })
    }

    fn validate(&self) -> Result<(), String> {
        if (2..=11).contains(&self.points) { Ok(()) } else { Err("a scale has 2 to 11 points".into()) }
    }

    fn accept(&self, given: &[&str]) -> Result<Answer, String> {
        self.accept_in(given, &Words::default())
    }

    fn accept_in(&self, given: &[&str], words: &Words) -> Result<Answer, String> {
        self.range().accept(given, words)
    }

    fn column(&self) -> ColumnType {
        self.range().column(&self.anchors)
    }

    fn render(&self, field: &FieldContext<'_>) -> Markup {
        let (low, high) = &self.anchors;
        field.grouped(html! {
            div.scale {
                @for point in 1..=self.points {
                    label {
                        input type="radio" name=(field.name()) value=(point) required[field.is_required()]
                            checked[field.has_value(&point.to_string())] aria-label=[self.point_label(point, field.words())];
                        span { (point) }
                    }
                }
            }
            @if !low.is_empty() || !high.is_empty() {
                div.ends aria-hidden="true" { span { (low) } span { (high) } }
            }
        })
    }

    fn sample(&self, rng: &mut Rng) -> Vec<String> {
        self.range().sample(rng)
    }
}
