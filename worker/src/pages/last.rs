//! The last page: saves, then shows the code and the way back to the recruiter.

use footlights_experiment::{Ending, Page, Scene};
use footlights_protocol::words::{Text, texts};
use maud::{Markup, PreEscaped, html};
use serde_json::json;

use super::{
    parts::{parts, written},
    shell::shell,
    view::View,
};
use crate::requests::LeadsTo;

/// The page follows the redirect by itself after so many seconds.
const REDIRECT_S: u32 = 10;

pub fn page(view: &View<'_>, page: &Page) -> Markup {
    let page = &page.filled(|text| view.text(text));
    let progress = &view.session.progress;
    let ending = progress.ending(view.experiment).unwrap_or(Ending::Completed);
    let words = view.words();
    let message = progress.ended().and_then(|ended| ended.message.as_deref());
    html! {
        section.page data-scene=(page.id) data-kind="end" data-ending=(ending.as_str())
            data-saved=(view.saved) {
            h1 { (page.title) }
            @if let Some(message) = message { p { (view.text(message)) } }
            @if ending == Ending::Completed { (parts(view, &page.body)) }
            @match page.endings.get(&ending) {
                Some(own) => p { (view.text(own)) },
                None if message.is_none() => {
                    @if let Some(usual) = usual(ending) { p { (words.get(usual)) } }
                },
                None => {},
            }
            @if let Some(debriefing) = &page.debriefing { div.text { (written(view, debriefing)) } }
            @if view.saved {
                p role="status" { (words.get(texts::SAVED)) }
                (code(view))
                (withdrawal(view))
            } @else {
                form method="post" action={ (view.base) "/complete" } data-complete {
                    p role="status" { (words.get(texts::SAVING)) }
                    button.primary type="submit" { (words.get(texts::FINISH)) }
                }
                // The page's program shows this when saving fails for too long, so that every participant gets their code.
                template {
                    p role="alert" {
                        (words.get(texts::NOT_CONFIRMED))
                        @if code_of(view).is_some() { " " (words.get(texts::CODE_IS_VALID)) }
                    }
                    (code(view))
                }
                script type="application/json" data-backup { (PreEscaped(backup(view))) }
            }
        }
    }
}

/// The completion code, if the page shows one.
fn code_of(view: &View<'_>) -> Option<String> {
    let shows = matches!(view.session.progress.current(view.experiment), Some(Scene::CompletionCode(_)));
    view.session.progress.code(view.experiment).filter(|_| shows)
}

fn code(view: &View<'_>) -> Markup {
    let (words, code) = (view.words(), code_of(view));
    html! {
        @if let Some(code) = &code {
            div.code {
                p { (words.get(texts::YOUR_CODE)) }
                strong #code { (code) }
                button type="button" data-copy="#code" { (words.get(texts::COPY_CODE)) }
            }
        }
        @match view.leads_to {
            // https://docs.aws.amazon.com/AWSMechTurk/latest/AWSMturkAPI/ApiReference_ExternalQuestionArticle.html
            Some(LeadsTo::MTurk { submit_to, assignment }) => form method="post" action={ (submit_to) "/mturk/externalSubmit" } {
                input type="hidden" name="assignmentId" value=(assignment);
                input type="hidden" name="subject_id" value=(view.session.subject);
                input type="hidden" name="completion_code" value=(code.as_deref().unwrap_or_default());
                button.primary type="submit" { (words.get(texts::SUBMIT_TO_MTURK)) }
            },
            Some(LeadsTo::Address(address)) => p.go-on {
                a.button.primary href=(address) data-redirect=(REDIRECT_S) { (words.get(texts::CONTINUE)) }
                button type="button" data-stay { (words.get(texts::STAY)) }
            },
            None if view.saved => p.muted { (words.get(texts::CLOSE_PAGE)) },
            None => {},
        }
    }
}

/// A button that deletes what is stored of the participant, folded up.
fn withdrawal(view: &View<'_>) -> Markup {
    let words = view.words();
    html! {
        @if view.experiment.withdrawal {
            details.withdrawal {
                summary { (words.get(texts::WITHDRAW)) }
                p { (words.get(texts::WITHDRAW_WHY)) }
                form method="post" action={ (view.base) "/withdraw" } {
                    button type="submit" { (words.get(texts::DELETE_DATA)) }
                }
            }
        }
    }
}

/// The page of a participant whose data were deleted because they wished so: their code stays.
pub fn withdrawn(view: &View<'_>) -> Markup {
    let words = view.words();
    let main = html! {
        section.page data-kind="withdrawn" {
            h1 { (words.get(texts::DELETED)) }
            p role="status" { (words.get(texts::DELETED_WHY)) }
            (code(view))
        }
    };
    shell(&view.experiment.title, None, words, html! { span.title { (view.experiment.title) } }, main)
}

/// What a participant reads who ended early, if nothing else says it.
fn usual(ending: Ending) -> Option<Text> {
    match ending {
        Ending::Completed => None,
        Ending::LobbyTimeout => Some(texts::ENDED_LOBBY_TIMEOUT),
        Ending::PartnerLeft => Some(texts::ENDED_PARTNER_LEFT),
        Ending::Left => Some(texts::ENDED_LEFT),
        Ending::ScreenedOut => Some(texts::ENDED_SCREENED_OUT),
        Ending::FailedCheck => Some(texts::ENDED_FAILED_CHECK),
        Ending::Excluded => Some(texts::ENDED_EXCLUDED),
        Ending::Failed => Some(texts::ENDED_FAILED),
    }
}

/// What the browser keeps when saving fails, as JSON without `<`, which could end the surrounding element.
fn backup(view: &View<'_>) -> String {
    let session = view.session;
    let submissions: Vec<_> = session
        .submissions
        .iter()
        .map(|page| json!({ "scene": page.scene, "at_ms": page.at_ms, "answers": page.submission.answers }))
        .collect();
    json!({ "experiment": session.experiment, "subject": session.subject, "answers": submissions })
        .to_string()
        .replace('<', "\\u003c")
}
