//! A question whose control stands in the page's own HTML.

use footlights_env::Rng;
use footlights_protocol::{text::clean_lines, words::Words};
use maud::{Markup, html};
use serde_json::{Value, json};

use super::{
    definition::{Question, QuestionBuilder},
    field::FieldContext,
    kind::QuestionKind,
    text::{accept_text, must_fit, sample_text},
};
use crate::{answer::Answer, values::ColumnType};

/// The kind of [`Question::custom_html`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomHtml {
    max_chars: u32,
}

impl Question {
    /// A control that the page's own HTML has under this id, such as `<input name="id">`. The answer is a text of at
    /// most 2,000 characters, or a list of texts where several controls of that name, or a `<select multiple>`, send
    /// several. Participants see the label only beside what is wrong with the answer; the codebook has it.
    ///
    /// ```
    /// # use footlights_experiment::{Page, Question};
    /// let page = Page::new("mood", "Your mood")
    ///     .html(r#"<label>Today I feel <input name="mood"></label>"#)
    ///     .ask(Question::custom_html("mood", "Mood, in the participant's words"));
    /// ```
    pub fn custom_html(id: &str, label: &str) -> QuestionBuilder<CustomHtml> {
        Self::of_kind(id, label, CustomHtml { max_chars: 2_000 })
    }
}

impl QuestionKind for CustomHtml {
    fn name(&self) -> &str {
        "custom_html"
    }

    fn parameters(&self) -> Value {
        json!({ "max_chars": self.max_chars })
    }

    fn accept(&self, given: &[&str]) -> Result<Answer, String> {
        self.accept_in(given, &Words::default())
    }

    fn accept_in(&self, given: &[&str], words: &Words) -> Result<Answer, String> {
        if let [_] = given {
            return accept_text(given, self.max_chars, true, words);
        }
        let chosen: Vec<String> = given.iter().map(|value| clean_lines(value)).collect();
        must_fit(chosen.iter().map(|value| value.chars().count()).sum(), self.max_chars, words)?;
        Ok(Answer::Several(chosen))
    }

    fn column(&self) -> ColumnType {
        ColumnType::Text
    }

    fn render(&self, _: &FieldContext<'_>) -> Markup {
        html! {}
    }

    fn has_control(&self) -> bool {
        false
    }

    fn sample(&self, rng: &mut Rng) -> Vec<String> {
        vec![sample_text(self.max_chars, rng)]
    }
}
