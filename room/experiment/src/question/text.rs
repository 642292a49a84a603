//! A text that the participant types in, on one line or on several.

use footlights_env::Rng;
use footlights_protocol::{
    text::{clean_line, clean_lines},
    words::{Words, texts},
};
use maud::{Markup, html};
use serde_json::{Value, json};

use super::{
    definition::{Question, QuestionBuilder},
    field::FieldContext,
    kind::QuestionKind,
};
use crate::{answer::Answer, values::ColumnType};

/// How long a text may be at most, in characters.
const MAX_CHARS: u32 = 10_000;
/// What simulated participants write with.
const WORDS: [&str; 8] = ["It", "was", "fun", "and", "then", "we", "both", "jumped"];

/// The kind of [`Question::text_box`] and [`Question::text_area`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextBox {
    multiline: bool,
    max_chars: u32,
}

impl Question {
    /// A line of text, 200 characters at most; see [`max_chars`](QuestionBuilder::max_chars). What is pasted is cleaned:
    /// lines become one, and what nobody sees is left out.
    ///
    /// ```
    /// # use footlights_experiment::{Page, Question};
    /// let page = Page::new("survey", "Survey").ask(Question::text_box("strategy", "In one word?").max_chars(30));
    /// ```
    pub fn text_box(id: &str, label: &str) -> QuestionBuilder<TextBox> {
        Self::of_kind(id, label, TextBox { multiline: false, max_chars: 200 })
    }

    /// Several lines of text, 2,000 characters at most; see [`max_chars`](QuestionBuilder::max_chars).
    ///
    /// ```
    /// # use footlights_experiment::{Page, Question};
    /// let page = Page::new("survey", "Survey").ask(Question::text_area("comments", "Comments?").optional());
    /// ```
    pub fn text_area(id: &str, label: &str) -> QuestionBuilder<TextBox> {
        Self::of_kind(id, label, TextBox { multiline: true, max_chars: 2_000 })
    }
}

impl QuestionBuilder<TextBox> {
    /// How many characters (Unicode scalar values) the text may have, 1 to 10,000. The page tells a participant who comes
    /// near, and cuts nothing off.
    pub fn max_chars(mut self, max_chars: u32) -> Self {
        self.kind.max_chars = max_chars;
        self
    }
}

impl QuestionKind for TextBox {
    fn name(&self) -> &str {
        "text_box"
    }

    fn parameters(&self) -> Value {
        json!({ "multiline": self.multiline, "max_chars": self.max_chars })
    }

    fn validate(&self) -> Result<(), String> {
        if (1..=MAX_CHARS).contains(&self.max_chars) {
            Ok(())
        } else {
            Err("max_chars must be 1 to 10,000".into())
        }
    }

    fn accept(&self, given: &[&str]) -> Result<Answer, String> {
        self.accept_in(given, &Words::default())
    }

    fn accept_in(&self, given: &[&str], words: &Words) -> Result<Answer, String> {
        accept_text(given, self.max_chars, self.multiline, words)
    }

    fn column(&self) -> ColumnType {
        ColumnType::Text
    }

    fn render(&self, field: &FieldContext<'_>) -> Markup {
        field.labelled(html! {
            @if self.multiline {
                textarea id=(field.element_id()) name=(field.name()) rows="5" autocomplete="off" data-max-chars=(self.max_chars)
                    required[field.is_required()] aria-invalid=[field.aria_invalid()]
                    aria-describedby=(field.described_by_count()) { (field.value()) }
            } @else {
                input id=(field.element_id()) name=(field.name()) type="text" autocomplete="off"
                    data-max-chars=(self.max_chars) required[field.is_required()] value=(field.value())
                    aria-invalid=[field.aria_invalid()] aria-describedby=(field.described_by_count());
            }
            (field.count())
        })
    }

    fn sample(&self, rng: &mut Rng) -> Vec<String> {
        vec![sample_text(self.max_chars, rng)]
    }
}

/// One text of at most `max_chars` characters, cleaned.
pub(super) fn accept_text(
    given: &[&str],
    max_chars: u32,
    multiline: bool,
    words: &Words,
) -> Result<Answer, String> {
    let [text] = given else { return Err(words.get(texts::ONE_ANSWER).into()) };
    let text = if multiline { clean_lines(text) } else { clean_line(text) };
    must_fit(text.chars().count(), max_chars, words)?;
    Ok(Answer::Text(text))
}

/// Refuses more than `max_chars` characters.
pub(super) fn must_fit(found: usize, max_chars: u32, words: &Words) -> Result<(), String> {
    let many = found.saturating_sub(max_chars as usize);
    if many == 0 {
        return Ok(());
    }
    let [most, found, over] = [max_chars as usize, found, many].map(|number| number.to_string());
    Err(words.with(texts::TOO_LONG, &[("most", &most), ("found", &found), ("over", &over)]))
}

/// A few words, cut to `max_chars` characters.
pub(super) fn sample_text(max_chars: u32, rng: &mut Rng) -> String {
    let count = 1 + rng.below(12);
    let words: Vec<&str> =
        (0..count).filter_map(|_| WORDS.get(rng.below(WORDS.len() as u32) as usize).copied()).collect();
    let text: String = words.join(" ").chars().take(max_chars as usize).collect();
    text.trim_end().to_owned()
}
