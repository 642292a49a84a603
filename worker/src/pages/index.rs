//! The front page.

use footlights_experiment::Experiment;
use footlights_protocol::words::Words;
use maud::{Markup, html};

use super::shell::shell;

/// Every listed experiment, with a link that makes a new participant; and the way to what can be watched, if anything.
pub fn index(experiments: &[Experiment], can_watch: bool) -> Markup {
    let main = html! {
        section.page.studies data-kind="index" {
            h1 { "Experiments" }
            p { "Each link opens the study as a new participant. Open a study in two windows to take part as two participants." }
            ul {
                @for experiment in experiments.iter().filter(|experiment| experiment.listed) {
                    li {
                        a href={ "/x/" (experiment.id) } target="_blank" { (experiment.title) }
                        span.id { (experiment.id) }
                    }
                }
            }
            @if can_watch {
                p { "Agents that were trained: " a href="/watch" { "watch them play" } ", or " a href="/train" { "watch one learn" } "." }
            }
        }
    };
    shell("Experiments – Footlights", None, &Words::default(), html! { span.title { "Footlights" } }, main)
}
