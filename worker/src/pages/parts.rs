//! The parts of a researcher's page: text, HTML, images and collapsible sections.

use footlights_experiment::{Part, interpolate};
use maud::{Markup, PreEscaped, html};

use super::view::View;

/// The parts of a page, with what is known about the participant in the place of its names.
pub fn parts(view: &View<'_>, body: &[Part]) -> Markup {
    html! {
        @for part in body {
            @match part {
                Part::Text(text) => p { (interpolate(text, view.progress.globals())) },
                Part::Html(own) => div.own { (PreEscaped(own)) },
                Part::Image { file, shows } => img src={ "/assets/" (file) } alt=(shows);,
                Part::Collapsible { title, body } => details { summary { (title) } (parts(view, body)) },
            }
        }
    }
}
