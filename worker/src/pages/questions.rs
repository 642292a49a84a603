//! A question as HTML: every control has its label, its bounds, and what is wrong with the answer tied to it.

use footlights_experiment::{Kind, Question};
use maud::{Markup, html};

use super::Retry;

/// One question, with what was answered before.
pub fn question(question: &Question, again: Option<Retry<'_>>) -> Markup {
    let field = Field { question, again };
    let id = field.id();
    match &question.kind {
        Kind::TextBox { multiline, max_chars } => field.labelled(html! {
            @if *multiline {
                textarea id=(id) name=(question.id) rows="5" maxlength=(max_chars) required[question.required]
                    aria-invalid=[field.invalid()] aria-describedby=[field.described_by()] { (field.sent()) }
            } @else {
                input id=(id) name=(question.id) type="text" maxlength=(max_chars) required[question.required]
                    value=(field.sent()) aria-invalid=[field.invalid()] aria-describedby=[field.described_by()];
            }
        }),
        Kind::NumberInput { min, max, step } => field.labelled(html! {
            input id=(id) name=(question.id) type="number" min=(min) max=(max) step=(any_or(*step))
                required[question.required] value=(field.sent())
                aria-invalid=[field.invalid()] aria-describedby=[field.described_by()];
        }),
        Kind::Slider { min, max, step, ends } => field.labelled(html! {
            // Untouched it has a place but no answer: the page's program leaves it out of what is sent.
            input id=(id) name=(question.id) type="range" min=(min) max=(max) step=(step)
                value=[field.any()] data-touched=[field.any().map(|_| "")]
                aria-invalid=[field.invalid()] aria-describedby=[field.described_by()];
            div.ends aria-hidden="true" {
                span { (ends.0) }
                output for=(id) { (field.sent()) }
                span { (ends.1) }
            }
        }),
        Kind::Scale { points, ends } => field.grouped(html! {
            div.scale {
                @for point in 1..=*points {
                    label {
                        input type="radio" name=(question.id) value=(point) required[question.required]
                            checked[field.chose(&point.to_string())] aria-label=[end_of(point, *points, ends)];
                        span { (point) }
                    }
                }
            }
            @if !ends.0.is_empty() || !ends.1.is_empty() {
                div.ends aria-hidden="true" { span { (ends.0) } span { (ends.1) } }
            }
        }),
        Kind::MultipleChoice { options, several, boxes, images } => field.grouped(html! {
            div class=(if *boxes || !images.is_empty() { "options boxes" } else { "options" }) {
                @for option in options {
                    label.option {
                        input type=(if *several { "checkbox" } else { "radio" }) name=(question.id) value=(option)
                            required[question.required && !several] checked[field.chose(option)];
                        // The words beside it say what it shows.
                        @if let Some(file) = images.get(option) { img src={ "/assets/" (file) } alt=""; }
                        span { (option) }
                    }
                }
            }
        }),
        Kind::CustomHtml { .. } => html! {},
    }
}

/// What a screen reader says of the first and the last point of a scale.
fn end_of(point: u8, points: u8, ends: &(String, String)) -> Option<String> {
    let words = match point {
        1 => &ends.0,
        point if point == points => &ends.1,
        _ => return None,
    };
    (!words.is_empty()).then(|| format!("{point}, {words}"))
}

/// `any` is HTML's word for no steps at all.
fn any_or(step: f64) -> String {
    if step == 0.0 { "any".into() } else { step.to_string() }
}

struct Field<'a> {
    question: &'a Question,
    again: Option<Retry<'a>>,
}

impl Field<'_> {
    fn id(&self) -> String {
        format!("q-{}", self.question.id)
    }

    /// The value that was sent, if there was one.
    fn any(&self) -> Option<&str> {
        let sent = self.again?.sent.iter().find(|(id, _)| *id == self.question.id)?;
        Some(sent.1.as_str())
    }

    fn sent(&self) -> &str {
        self.any().unwrap_or_default()
    }

    fn chose(&self, value: &str) -> bool {
        let sent = self.again.map(|again| again.sent).unwrap_or_default();
        sent.iter().any(|(id, given)| *id == self.question.id && given == value)
    }

    fn complaint(&self) -> Option<&str> {
        self.again?.errors.get(&self.question.id).map(String::as_str)
    }

    fn invalid(&self) -> Option<&'static str> {
        self.complaint().map(|_| "true")
    }

    fn described_by(&self) -> Option<String> {
        self.complaint().map(|_| format!("{}-why", self.id()))
    }

    fn words(&self) -> Markup {
        html! {
            (self.question.label)
            @if !self.question.required { span.muted { " (optional)" } }
        }
    }

    fn why(&self) -> Markup {
        html! {
            @if let Some(why) = self.complaint() { p.complaint id={ (self.id()) "-why" } { (why) } }
        }
    }

    /// One control under its label.
    fn labelled(&self, control: Markup) -> Markup {
        html! {
            div.question data-question=(self.question.id) {
                label for=(self.id()) { (self.words()) }
                (self.why())
                (control)
            }
        }
    }

    /// Several controls under one heading.
    fn grouped(&self, controls: Markup) -> Markup {
        html! {
            fieldset.question data-question=(self.question.id) aria-describedby=[self.described_by()] {
                legend { (self.words()) }
                (self.why())
                (controls)
            }
        }
    }
}
