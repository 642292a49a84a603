//! What a kind of question knows while it is drawn, and the HTML that all kinds share: every control has its label, and
//! what is wrong with an answer is tied to its control.

use footlights_protocol::{
    text::clean_line,
    words::{Words, texts},
};
use maud::{Markup, html};

/// A question on a page that is being drawn: its label, what the participant sent before, and what was wrong with it.
///
/// [`Question::render`](super::Question::render) makes the context and hands it to
/// [`QuestionKind::render`](super::QuestionKind::render).
#[derive(Debug, Clone, Copy)]
pub struct FieldContext<'a> {
    pub(super) id: &'a str,
    pub(super) label: &'a str,
    pub(super) required: bool,
    pub(super) sent: &'a [(String, String)],
    pub(super) error: Option<&'a str>,
    pub(super) words: &'a Words,
}

impl<'a> FieldContext<'a> {
    /// The name under which the form sends the answer: the question's id.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.id
    }

    /// The `id` that the control must have, for its label and its error.
    #[must_use]
    pub fn element_id(&self) -> String {
        format!("q-{}", self.id)
    }

    /// The sentences of Footlights in the participant's language.
    #[must_use]
    pub fn words(&self) -> &'a Words {
        self.words
    }

    /// Whether the participant must answer.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.required
    }

    /// The first value that was sent before; `None` on a page that was not sent yet.
    #[must_use]
    pub fn sent(&self) -> Option<&'a str> {
        self.sent.iter().find(|(id, _)| id == self.id).map(|(_, value)| value.as_str())
    }

    /// The first value that was sent before, or an empty text.
    #[must_use]
    pub fn value(&self) -> &'a str {
        self.sent().unwrap_or_default()
    }

    /// Whether `value` is among the values that were sent before; spaces at the ends do not count.
    #[must_use]
    pub fn has_value(&self, value: &str) -> bool {
        self.sent.iter().any(|(id, given)| id == self.id && clean_line(given) == clean_line(value))
    }

    /// `aria-invalid` of the control: `true` if the answer was refused.
    #[must_use]
    pub fn aria_invalid(&self) -> Option<&'static str> {
        self.error.map(|_| "true")
    }

    /// `aria-describedby` of the control: the element that says why the answer was refused.
    #[must_use]
    pub fn aria_describedby(&self) -> Option<String> {
        self.error.map(|_| format!("{}-why", self.element_id()))
    }

    /// `aria-describedby` of a control with a [`count`](Self::count).
    #[must_use]
    pub fn described_by_count(&self) -> String {
        let count = format!("{}-count", self.element_id());
        self.aria_describedby().map_or_else(|| count.clone(), |why| format!("{why} {count}"))
    }

    /// Where the page says how many characters are left, for a control with `data-max-chars`.
    #[must_use]
    pub fn count(&self) -> Markup {
        html! { p.count id={ (self.element_id()) "-count" } {} }
    }

    /// One control under its label.
    #[must_use]
    pub fn labelled(&self, control: Markup) -> Markup {
        html! {
            div.question data-question=(self.id) {
                label for=(self.element_id()) { (self.heading()) }
                (self.why())
                (control)
            }
        }
    }

    /// Several controls under one heading.
    #[must_use]
    pub fn grouped(&self, controls: Markup) -> Markup {
        html! {
            fieldset.question data-question=(self.id) aria-describedby=[self.aria_describedby()] {
                legend { (self.heading()) }
                (self.why())
                (controls)
            }
        }
    }

    fn heading(&self) -> Markup {
        html! {
            (self.label)
            @if !self.required { span.muted { " " (self.words.get(texts::OPTIONAL)) } }
        }
    }

    fn why(&self) -> Markup {
        html! {
            @if let Some(error) = self.error { p.complaint id={ (self.element_id()) "-why" } { (error) } }
        }
    }
}
