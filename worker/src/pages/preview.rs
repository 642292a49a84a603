//! What somebody sees who only looks at a recruiter's task: the first page, without a way to begin.

use footlights_data::session::SessionRecord;
use footlights_experiment::{Experiment, Scene};
use maud::{Markup, html};

use super::{parts::parts, shell::shell, view::View};

pub fn preview(experiment: &Experiment) -> Markup {
    let session = SessionRecord::default();
    let view = View { experiment, session: &session, base: "", proof: None, leads_to: None, saved: false };
    let main = match session.progress.current(experiment) {
        Some(Scene::Start(page)) => html! {
            section.page data-scene=(page.id) data-kind="preview" {
                h1 { (page.title) }
                p.notice { "This is a preview. To take part, please accept the task first." }
                (parts(&view, &page.body))
            }
        },
        _ => html! {},
    };
    shell(&experiment.title, None, html! { span.title { (experiment.title) } }, main)
}
