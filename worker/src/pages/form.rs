//! Pages with a form: text and questions, and the screening.

use footlights_experiment::{Page, Screening, is_right_to_left, own_name};
use footlights_protocol::{form::NO_SCRIPT, words::texts};
use maud::{DOCTYPE, Markup, html};

use crate::{
    auth::{PROOF, PROOF_FIELD},
    language::{LANGUAGE, LANGUAGE_FIELD},
};

use super::{
    parts::{ahead, parts},
    view::{Retry, View},
};

/// A page of text and questions.
pub(super) fn text(view: &View<'_>, page: &Page, kind: &str, again: Option<Retry<'_>>) -> Markup {
    let page = &page.filled(|text| view.text(text));
    let words = view.words();
    html! {
        section.page data-scene=(page.id) data-kind=(kind) {
            @if !view.session.progress.begun() { (languages(view)) }
            h1 { (page.title) }
            form method="post" action={ (view.base) "/scenes/" (page.id) } novalidate[again.is_some()]
                // What earlier people typed on this machine is nobody else's to see.
                autocomplete="off" data-draft=[(!page.questions.is_empty()).then_some("")]
                data-time-left=[view.time_left] {
                @if view.time_left.is_some() { p.time-left role="timer" {} }
                @if let Some(proof) = view.proof { input type="hidden" name=(PROOF_FIELD) value=(proof); }
                @if let Some(language) = view.chosen { input type="hidden" name=(LANGUAGE_FIELD) value=(language); }
                // The researcher's own HTML may have the control of a question.
                (parts(view, &page.body))
                @if let Some(again) = again {
                    div.notice role="alert" {
                        p { (words.get(texts::LOOK_AGAIN)) }
                        @if let Some(left) = again.attempts_left {
                            p { (words.counted(texts::ATTEMPTS_LEFT, left.into(), &[])) }
                        }
                        // A control in the researcher's own HTML has no place for its error.
                        @for question in page.questions.iter().filter(|question| !question.has_control()) {
                            @if let Some(why) = again.errors.get(&question.id) { p { (words.with(texts::FIELD_WRONG, &[("label", &question.label), ("why", why)])) } }
                        }
                    }
                }
                @for question in &page.questions {
                    (question.render(
                        again.map(|again| again.sent).unwrap_or_default(),
                        again.and_then(|again| again.errors.get(&question.id)).map(String::as_str),
                        words,
                    ))
                }
                @if page.copy {
                    p { a href={ (view.base) "/copy/" (page.id) (proof_query(view)) } download { (words.get(texts::SAVE_COPY)) } }
                }
                button.primary type="submit" autofocus[page.questions.is_empty()] { (page.button_words(words)) }
            }
            (ahead(view))
        }
    }
}

/// What proves in an address who somebody is who has not begun, where no cookie does.
fn proof_query(view: &View<'_>) -> String {
    let language = view.chosen.map(|language| format!("{LANGUAGE}={language}"));
    let all: Vec<String> =
        view.proof.map(|proof| format!("{PROOF}={proof}")).into_iter().chain(language).collect();
    if all.is_empty() { String::new() } else { format!("?{}", all.join("&")) }
}

/// The text of a page alone, as a file to keep.
pub fn copy(view: &View<'_>, page: &Page) -> Markup {
    let page = &page.filled(|text| view.text(text));
    let direction = if is_right_to_left(view.words().language()) { "rtl" } else { "ltr" };
    html! {
        (DOCTYPE)
        html lang=(view.words().language()) dir=(direction) {
            head { meta charset="utf-8"; title { (page.title) } }
            body {
                p { (view.experiment.title) }
                h1 { (page.title) }
                (parts(view, &page.body))
                p { (page.button_words(view.words())) }
            }
        }
    }
}

/// Links to the page in the other languages of the experiment.
fn languages(view: &View<'_>) -> Markup {
    let all = view.usual.languages();
    let proof = view.proof.map(|proof| format!("{PROOF}={proof}&")).unwrap_or_default();
    html! {
        @if all.len() > 1 {
            nav.languages aria-label=(view.words().get(texts::OTHER_LANGUAGES)) {
                @for language in all {
                    @let address = format!("{}?{proof}{LANGUAGE}={language}", view.base);
                    a href=(address) lang=(language) hreflang=(language)
                        aria-current=[(language == view.experiment.language).then_some("true")] { (own_name(language)) }
                }
            }
        }
    }
}

/// What a browser shows that does not run the page's program, and the way to the end from there.
pub(super) fn without_script(view: &View<'_>, scene: &str) -> Markup {
    let words = view.words();
    html! {
        noscript {
            p { (words.get(texts::NEEDS_SCRIPT)) }
            form method="post" action={ (view.base) "/scenes/" (scene) } {
                input type="hidden" name=(NO_SCRIPT) value="true";
                p { (words.get(texts::END_WITHOUT_SCRIPT)) }
                button type="submit" { (words.get(texts::END_STUDY)) }
            }
        }
    }
}

/// The screening: the page's program measures, fills in the hidden fields, and enables the button.
pub(super) fn device_check(view: &View<'_>, screening: &Screening) -> Markup {
    let (title, paragraphs, button) = screening.shown(view.words());
    html! {
        section.page data-scene=(screening.id) data-kind="screening" {
            h1 { (view.text(title)) }
            @for paragraph in paragraphs { p { (view.text(paragraph)) } }
            form method="post" action={ (view.base) "/scenes/" (screening.id) } data-screening={ (view.base) "/ping" } {
                @for question in Screening::questions() { input type="hidden" name=(question.id); }
                p role="status" { (view.words().get(texts::MEASURING)) }
                button.primary type="submit" disabled { (view.text(button)) }
            }
            (without_script(view, &screening.id))
            (ahead(view))
        }
    }
}
