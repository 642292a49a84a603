//! The last page: saves, then shows the code and the way back to the recruiter.

use footlights_experiment::{Ending, Page, Scene, interpolate, with_code};
use maud::{Markup, PreEscaped, html};
use serde_json::json;

use super::{View, parts};

/// After so many seconds the page goes on by itself.
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
                // Shown by the page's program when saving fails for too long; nobody goes without their code.
                template {
                    p role="alert" {
                        "We could not confirm yet that everything is saved, and go on trying while this page is open. \
                         Your code is valid all the same, and your answers are kept on this device: if you close \
                         this page, open it again later, and they are sent once more."
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
    let redirect = view.session.progress.redirect(view.experiment);
    html! {
        @if let Some(code) = &code {
            div.code {
                p { "Your completion code" }
                strong #code { (code) }
                button type="button" data-copy="#code" { "Copy the code" }
            }
        }
        @if let Some(redirect) = redirect {
            p.go-on {
                a.button.primary href=(with_code(redirect, code.as_deref())) data-redirect=(REDIRECT_S) { "Continue" }
                button type="button" data-stay { "Stay on this page" }
            }
        } @else if view.saved {
            p.muted { "You can close this page now." }
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
        Ending::Excluded => "The study ends here, since the game could not be played as it must be.",
        Ending::Failed => "Something broke on our side, so the study ends here. Thank you for your time.",
    }
}

/// What the browser keeps when saving fails. A `<` could end the element it stands in.
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
