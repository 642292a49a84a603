//! The last page: saves, then shows the code and the way back to the recruiter.

use footlights_experiment::{Ending, Page, Scene, interpolate};
use maud::{Markup, PreEscaped, html};
use serde_json::json;

use super::{parts::parts, view::View};
use crate::requests::LeadsTo;

/// The page follows the redirect by itself after so many seconds.
const REDIRECT_S: u32 = 10;

pub fn page(view: &View<'_>, page: &Page) -> Markup {
    let progress = &view.session.progress;
    let ending = progress.ending(view.experiment).unwrap_or(Ending::Completed);
    let message = progress.ended().and_then(|ended| ended.message.as_deref());
    html! {
        section.page data-scene=(page.id) data-kind="end" data-ending=(ending.as_str())
            data-saved=(view.saved) {
            h1 { (page.title) }
            @if let Some(message) = message { p { (message) } }
            @if ending == Ending::Completed { (parts(view, &page.body)) }
            @match page.endings.get(&ending) {
                Some(words) => p { (interpolate(words, progress.globals())) },
                None if ending != Ending::Completed && message.is_none() => p { (usual(ending)) },
                None => {},
            }
            @if view.saved {
                p role="status" { "Your data are saved." }
                (code(view))
            } @else {
                form method="post" action={ (view.base) "/complete" } data-complete {
                    p role="status" { "Your data are being saved. Please keep this page open." }
                    button.primary type="submit" { "Finish" }
                }
                // The page's program shows this when saving fails for too long, so that every participant gets their code.
                template {
                    p role="alert" {
                        "We could not yet confirm that everything is saved, and we keep trying while this page is open. \
                         Your code is valid anyway, and your answers are kept on this device: if you close this \
                         page, please open it again later, so that they are sent again."
                    }
                    (code(view))
                }
                script type="application/json" data-backup { (PreEscaped(backup(view))) }
            }
        }
    }
}

fn code(view: &View<'_>) -> Markup {
    let shows = matches!(view.session.progress.current(view.experiment), Some(Scene::CompletionCode(_)));
    let code = view.session.progress.code(view.experiment).filter(|_| shows);
    html! {
        @if let Some(code) = &code {
            div.code {
                p { "Your completion code" }
                strong #code { (code) }
                button type="button" data-copy="#code" { "Copy the code" }
            }
        }
        @match view.leads_to {
            // https://docs.aws.amazon.com/AWSMechTurk/latest/AWSMturkAPI/ApiReference_ExternalQuestionArticle.html
            Some(LeadsTo::MTurk { submit_to, assignment }) => form method="post" action={ (submit_to) "/mturk/externalSubmit" } {
                input type="hidden" name="assignmentId" value=(assignment);
                input type="hidden" name="subject_id" value=(view.session.subject);
                input type="hidden" name="completion_code" value=(code.as_deref().unwrap_or_default());
                button.primary type="submit" { "Submit to MTurk" }
            },
            Some(LeadsTo::Address(address)) => p.go-on {
                a.button.primary href=(address) data-redirect=(REDIRECT_S) { "Continue" }
                button type="button" data-stay { "Stay on this page" }
            },
            None if view.saved => p.muted { "You can close this page now." },
            None => {},
        }
    }
}

fn usual(ending: Ending) -> &'static str {
    match ending {
        Ending::Completed => "",
        Ending::LobbyTimeout => "Nobody else came in time. Thank you for waiting.",
        Ending::PartnerLeft => "Your partner left, so the study ends here. Thank you for your time.",
        Ending::Left => "You were away for too long, so the study went on without you.",
        Ending::ScreenedOut => "You cannot take part in this study with this device.",
        Ending::FailedCheck => {
            "You did not pass the questions about the instructions, so the study ends here."
        }
        Ending::Excluded => {
            "The study ends here, because your connection or your attention was not good enough for the game."
        }
        Ending::Failed => "Something broke on our side, so the study ends here. Thank you for your time.",
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
