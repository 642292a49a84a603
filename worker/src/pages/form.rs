//! Pages with a form: text and questions, and the screening.

use footlights_experiment::{Page, Screening, progress::NO_SCRIPT};
use maud::{Markup, html};

use crate::auth::PROOF_FIELD;

use super::{
    parts::{ahead, parts},
    view::{Retry, View},
};

/// A page of text and questions.
pub(super) fn text(view: &View<'_>, page: &Page, kind: &str, again: Option<Retry<'_>>) -> Markup {
    html! {
        section.page data-scene=(page.id) data-kind=(kind) {
            h1 { (page.title) }
            form method="post" action={ (view.base) "/scenes/" (page.id) } novalidate[again.is_some()]
                // What earlier people typed on this machine is nobody else's to see.
                autocomplete="off" data-draft=[(!page.questions.is_empty()).then_some("")] {
                @if let Some(proof) = view.proof { input type="hidden" name=(PROOF_FIELD) value=(proof); }
                // The researcher's own HTML may have the control of a question.
                (parts(view, &page.body))
                @if let Some(again) = again {
                    div.notice role="alert" {
                        p { "Please look at your answers again. What is wrong or missing is marked below." }
                        @if let Some(left) = again.attempts_left {
                            p { "You can send this page " (left) (if left == 1 { " more time." } else { " more times." }) }
                        }
                        // A control in the researcher's own HTML has no place for its error.
                        @for question in page.questions.iter().filter(|question| !question.has_control()) {
                            @if let Some(why) = again.errors.get(&question.id) { p { (question.label) ": " (why) } }
                        }
                    }
                }
                @for question in &page.questions {
                    (question.render(
                        again.map(|again| again.sent).unwrap_or_default(),
                        again.and_then(|again| again.errors.get(&question.id)).map(String::as_str),
                    ))
                }
                button.primary type="submit" autofocus[page.questions.is_empty()] { (page.button) }
            }
            (ahead(view))
        }
    }
}

/// What a browser shows that does not run the page's program, and the way to the end from there.
pub(super) fn without_script(view: &View<'_>, scene: &str) -> Markup {
    html! {
        noscript {
            p { "This study needs JavaScript. Please allow it for this page, and reload." }
            form method="post" action={ (view.base) "/scenes/" (scene) } {
                input type="hidden" name=(NO_SCRIPT) value="true";
                p { "If you cannot allow it, you can end the study here." }
                button type="submit" { "End the study" }
            }
        }
    }
}

/// The screening: the page's program measures, fills in the hidden fields, and enables the button.
pub(super) fn device_check(view: &View<'_>, screening: &Screening) -> Markup {
    html! {
        section.page data-scene=(screening.id) data-kind="screening" {
            h1 { (screening.title) }
            @for paragraph in &screening.paragraphs { p { (paragraph) } }
            form method="post" action={ (view.base) "/scenes/" (screening.id) } data-screening={ (view.base) "/ping" } {
                @for question in Screening::questions() { input type="hidden" name=(question.id); }
                p role="status" { "Measuring your connection…" }
                button.primary type="submit" disabled { (screening.button) }
            }
            (without_script(view, &screening.id))
            (ahead(view))
        }
    }
}
