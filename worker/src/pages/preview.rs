//! What somebody sees who only looks at a recruiter's task: the first page, without a way to begin.

use footlights_data::session::SessionRecord;
use footlights_experiment::{Experiment, Scene};
use footlights_protocol::words::texts;
use maud::{Markup, html};

use super::{parts::parts, shell::shell, view::View};

pub fn preview(experiment: &Experiment) -> Markup {
    let session = SessionRecord::default();
    let view = View {
        experiment,
        usual: experiment,
        session: &session,
        base: "",
        proof: None,
        leads_to: None,
        saved: false,
        chosen: None,
        time_left: None,
        room: None,
    };
    let main = match session.progress.current(experiment) {
        Some(Scene::Start(page)) => {
            let page = page.filled(|text| view.text(text));
            html! {
                section.page data-scene=(page.id) data-kind="preview" {
                    h1 { (page.title) }
                    p.preview { (experiment.words().get(texts::PREVIEW)) }
                    (parts(&view, &page.body))
                }
            }
        }
        _ => html! {},
    };
    shell(&experiment.title, None, experiment.words(), html! { span.title { (experiment.title) } }, main)
}
