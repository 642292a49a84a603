//! The pages, as HTML. A game's page is an empty section that the client fills.

use footlights_data::session::SessionRecord;
use footlights_experiment::{
    Experiment, GameScene, Kind, Page, Part, Scene, Screening, ValidationErrors, interpolate,
};
use maud::{DOCTYPE, Markup, PreEscaped, html};

pub mod admin;
mod last;
mod questions;

/// The program that loads the policies' module.
const POLICIES: &str = "/policies/boot.js";
/// What it needs, by name below `/policies/`.
const POLICY_FILES: [&str; 3] = ["boot.js", "policies.js", "policies_bg.wasm"];

/// `place` is the experiment and where the participant's addresses begin.
fn shell(title: &str, place: Option<(&Experiment, &str)>, bar: Markup, main: Markup) -> Markup {
    // The page's program, with the environments where it needs them.
    let simulates = place
        .is_some_and(|(experiment, _)| experiment.games().any(|game| game.run_mode().simulates_in_browser()));
    let program = if simulates { "/simulating/boot.js" } else { "/client/boot.js" };
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="icon" href="/client/favicon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/client/style.css";
                link rel="stylesheet" href="/client/pages.css";
                script type="module" src=(program) {}
                script nomodule="" src="/client/old.js" {}
            }
            // What it is in, as `data-state`, the client says once it runs.
            body data-experiment=[place.map(|(experiment, _)| &experiment.id)] data-tab=[place.map(|(_, base)| format!("{base}/tab"))] {
                header.bar { (bar) }
                main #scene tabindex="-1" { (main) }
            }
        }
    }
}

/// Every study, with a link that makes a new participant.
pub fn index(experiments: &[Experiment]) -> Markup {
    let main = html! {
        section.page.studies data-kind="index" {
            h1 { "Footlights" }
            p { "Each link opens the study as a new participant. Open it in two windows to be two people." }
            ul {
                @for experiment in experiments.iter().filter(|experiment| experiment.listed) {
                    li {
                        a href={ "/x/" (experiment.id) } target="_blank" { (experiment.title) }
                        span.id { (experiment.id) }
                    }
                }
            }
        }
    };
    shell("Footlights", None, html! { span.title { "Footlights" } }, main)
}

/// A form that must be filled in again.
#[derive(Clone, Copy)]
pub struct Retry<'a> {
    /// What was sent.
    pub sent: &'a [(String, String)],
    /// What is wrong with it.
    pub errors: &'a ValidationErrors,
    /// How often it may still be sent, if that is limited.
    pub attempts_left: Option<u32>,
}

/// What a page is made of.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub experiment: &'a Experiment,
    pub session: &'a SessionRecord,
    /// Where the participant's addresses begin.
    pub base: &'a str,
    /// Everything is saved for good.
    pub saved: bool,
}

/// The scene in which a participant is; `again` if its form was refused.
pub fn scene(view: &View<'_>, again: Option<Retry<'_>>) -> Markup {
    let View { experiment, session, base, .. } = *view;
    let (done, all) = session.progress.progress(experiment);
    let bar = html! {
        span.title { (experiment.title) }
        progress value=(done) max=(all) aria-label="Progress through the study" { (done) " of " (all) }
    };
    let main = match session.progress.current(experiment) {
        Some(Scene::Start(page)) => text(view, page, "start", again),
        Some(Scene::Static(page)) => text(view, page, "static", again),
        Some(Scene::Screening(screening)) => device_check(view, screening),
        Some(Scene::End(page) | Scene::CompletionCode(page)) => last::page(view, page),
        Some(Scene::Game(game)) => html! {
            section.game data-scene=(game.id) data-kind="game" data-title=(game.title)
                data-env=(game.environment.id) data-policies=[game.policies_in_browser().then_some(POLICIES)]
                data-experiment=(experiment.id)
                data-lobby={ (base) "/lobby/" (game.id) }
                data-next={ (base) "/scenes/" (game.id) } {
                noscript { p { "The game needs JavaScript. Please allow it for this page and reload." } }
            }
        },
        None => html! {},
    };
    shell(&experiment.title, Some((experiment, base)), bar, main)
}

/// What stands on a page, with what is known about the participant in its place.
fn parts(view: &View<'_>, body: &[Part]) -> Markup {
    html! {
        @for part in body {
            @match part {
                Part::Text(text) => p { (interpolate(text, view.session.progress.globals())) },
                Part::Html(own) => div.own { (PreEscaped(own)) },
                Part::Image { file, shows } => img src={ "/assets/" (file) } alt=(shows);,
                Part::Collapsible { title, body } => details { summary { (title) } (parts(view, body)) },
            }
        }
    }
}

/// What the games to come load: it is fetched while the participant reads.
fn ahead(view: &View<'_>) -> Markup {
    let progress = &view.session.progress;
    let games: Vec<&GameScene> = view
        .experiment
        .games()
        // On the first page the path is not drawn, so any of them may come.
        .filter(|game| progress.path().is_empty() || progress.path().contains(&game.id))
        .filter(|game| progress.outcome(&game.id).is_none())
        .collect();
    let files: std::collections::BTreeSet<&String> = games.iter().flat_map(|game| &game.assets).collect();
    let policies = games.iter().any(|game| game.policies_in_browser());
    html! {
        @for file in files { link rel="prefetch" href={ "/assets/" (file) }; }
        @if policies {
            @for file in POLICY_FILES { link rel="prefetch" href={ "/policies/" (file) }; }
        }
    }
}

fn text(view: &View<'_>, page: &Page, kind: &str, again: Option<Retry<'_>>) -> Markup {
    html! {
        section.page data-scene=(page.id) data-kind=(kind) {
            h1 { (page.title) }
            (parts(view, &page.body))
            form method="post" action={ (view.base) "/scenes/" (page.id) } novalidate[again.is_some()]
                data-draft=[(!page.questions.is_empty()).then_some("")] {
                @if let Some(again) = again {
                    div.notice role="alert" {
                        p { "Please look at your answers again. What is wrong or missing is marked below." }
                        @if let Some(left) = again.attempts_left {
                            p { "You can send this page " (left) (if left == 1 { " more time." } else { " more times." }) }
                        }
                        // Fields in the researcher's own HTML have no place for it.
                        @for asked in page.questions.iter().filter(|asked| matches!(asked.kind, Kind::CustomHtml { .. })) {
                            @if let Some(why) = again.errors.get(&asked.id) { p { (asked.label) ": " (why) } }
                        }
                    }
                }
                @for asked in &page.questions { (questions::question(asked, again)) }
                button.primary type="submit" autofocus[page.questions.is_empty()] { (page.button) }
            }
            (ahead(view))
        }
    }
}

/// The page's program fills in what it finds and lets the participant go on.
fn device_check(view: &View<'_>, screening: &Screening) -> Markup {
    html! {
        section.page data-scene=(screening.id) data-kind="screening" {
            h1 { (screening.title) }
            @for paragraph in &screening.paragraphs { p { (paragraph) } }
            form method="post" action={ (view.base) "/scenes/" (screening.id) } data-screening={ (view.base) "/ping" } {
                @for asked in Screening::questions() { input type="hidden" name=(asked.id); }
                p role="status" { "Measuring your connection…" }
                button.primary type="submit" disabled { (screening.button) }
            }
            noscript { p { "The study needs JavaScript. Please allow it for this page and reload." } }
            (ahead(view))
        }
    }
}

/// What went wrong, what to do, and the detail for whoever is asked about it; the
/// address to try `again` where that can help.
pub fn problem(title: &str, words: &str, detail: &str, again: Option<&str>) -> Markup {
    let main = html! {
        section.page.problem data-kind="problem" {
            h1 { (title) }
            p { (words) }
            @if let Some(again) = again { p { a.button.primary href=(again) { "Try again" } } }
            p.detail { (detail) }
        }
    };
    shell(title, None, html! { span.title { "Footlights" } }, main)
}

#[cfg(test)]
mod tests {
    use footlights_experiment::{Completion, Ending, Globals, progress::Assignment};

    use super::*;

    fn experiment() -> Experiment {
        Experiment::new("e", "<b>")
            .scene(Scene::start(Page::new("start", "<script>").text("a & b")))
            .scene(Scene::completion_code(Page::new("end", "Bye").ending(Ending::Completed, "All done.")))
            .completion(Completion::new().code(Ending::Completed, "C1").redirect("https://example.org/?a=b"))
    }

    #[test]
    fn researchers_text_is_escaped() {
        let experiment = experiment();
        let session = SessionRecord::default();
        let view = View { experiment: &experiment, session: &session, base: "/x/e/s", saved: false };
        let html = scene(&view, None).into_string();
        assert!(html.contains("&lt;script&gt;") && html.contains("a &amp; b") && !html.contains("<b>"));
        assert!(
            html.contains(r#"action="/x/e/s/scenes/start""#) && html.contains(r#"data-tab="/x/e/s/tab""#)
        );
    }

    #[test]
    fn only_a_study_whose_games_browsers_simulate_loads_the_environments() {
        for (id, program) in [
            ("slime_human_human", "/client/"),
            ("slime_rollback", "/simulating/"),
            ("slime_alone", "/simulating/"),
        ] {
            let experiment = crate::studies::experiment(id).unwrap();
            let session = SessionRecord::default();
            let view = View { experiment, session: &session, base: "/x/e/s", saved: false };
            let html = scene(&view, None).into_string();
            assert!(html.contains(&format!(r#"src="{program}boot.js""#)), "{id}");
        }
    }

    #[test]
    fn the_code_is_in_sight_only_when_everything_is_saved() {
        let experiment = experiment();
        let mut session = SessionRecord::default();
        session.progress.begin(&experiment, "start", Assignment::default(), Globals::new()).unwrap();
        let mut view = View { experiment: &experiment, session: &session, base: "/x/e/s", saved: false };
        let waiting = scene(&view, None).into_string();
        let visible = waiting.split("<template").next().unwrap();
        assert!(!visible.contains("C1") && waiting.contains("C1") && waiting.contains("/x/e/s/complete"));
        view.saved = true;
        let saved = scene(&view, None).into_string();
        assert!(saved.contains("C1") && saved.contains("All done.") && !saved.contains("<template"));
        assert!(saved.contains("https://example.org/?a=b&amp;cc=C1"));
    }
}
