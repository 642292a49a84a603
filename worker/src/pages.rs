//! The pages, as HTML. A game's page is an empty section that the client fills.

use maud::{DOCTYPE, Markup, html};
use room::{
    experiment::{Complaints, Experiment, Page, Scene},
    stager::Stager,
};

mod questions;

fn shell(title: &str, experiment: Option<&str>, bar: Markup, main: Markup) -> Markup {
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
                script type="module" src="/client/boot.js" {}
                script nomodule="" src="/client/old.js" {}
            }
            body data-experiment=[experiment] data-state="page" {
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
pub struct Again<'a> {
    /// What was sent.
    pub sent: &'a [(String, String)],
    /// What is wrong with it.
    pub complaints: &'a Complaints,
}

/// The scene in which a participant is; `again` if its form was refused.
pub fn scene(experiment: &Experiment, stager: &Stager, base: &str, again: Option<Again<'_>>) -> Markup {
    let (done, all) = stager.progress(experiment);
    let bar = html! {
        span.title { (experiment.title) }
        progress value=(done) max=(all) aria-label="Progress through the study" { (done) " of " (all) }
    };
    let main = match stager.current(experiment) {
        Some(Scene::Start(page)) => text(page, "start", Some(base), again),
        Some(Scene::Static(page)) => text(page, "static", Some(base), again),
        Some(Scene::End(page)) => text(page, "end", None, again),
        Some(Scene::Game(game)) => html! {
            section.game data-scene=(game.id) data-kind="game" data-title=(game.title)
                data-env=(game.environment.id)
                data-lobby={ (base) "/lobby/" (game.id) }
                data-next={ (base) "/scenes/" (game.id) } {
                noscript { p { "The game needs JavaScript. Please allow it for this page and reload." } }
            }
        },
        None => html! {},
    };
    shell(&experiment.title, Some(&experiment.id), bar, main)
}

fn text(page: &Page, kind: &str, base: Option<&str>, again: Option<Again<'_>>) -> Markup {
    html! {
        section.page data-scene=(page.id) data-kind=(kind) {
            h1 { (page.title) }
            @for paragraph in &page.paragraphs { p { (paragraph) } }
            @if let Some(base) = base {
                form method="post" action={ (base) "/scenes/" (page.id) } novalidate[again.is_some()] {
                    @if again.is_some() {
                        p.notice role="alert" { "Some answers are missing or not possible. They are marked below." }
                    }
                    @for asked in &page.questions { (questions::question(asked, again)) }
                    button.primary type="submit" autofocus[page.questions.is_empty()] { (page.button) }
                }
            }
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
    use super::*;

    #[test]
    fn researchers_text_is_escaped() {
        let experiment = Experiment::new("e", "<b>")
            .scene(Scene::start(Page::new("start", "<script>").text("a & b")))
            .scene(Scene::end(Page::new("end", "Bye")));
        let html = scene(&experiment, &Stager::default(), "/x/e/s", None).into_string();
        assert!(html.contains("&lt;script&gt;") && html.contains("a &amp; b") && !html.contains("<b>"));
        assert!(html.contains(r#"action="/x/e/s/scenes/start""#));
    }
}
