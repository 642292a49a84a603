//! The page that says what went wrong.

use maud::{Markup, html};

use super::shell::shell;

/// What went wrong, what to do, and a detail that a participant can report. `again` is an address to try again, if that
/// can help.
/// `arrives` if the page's program may know another way in.
pub fn problem(title: &str, words: &str, detail: &str, again: Option<&str>, arrives: bool) -> Markup {
    let main = html! {
        section.page.problem data-kind="problem" data-arrives=[arrives.then_some("")] {
            h1 { (title) }
            p { (words) }
            @if let Some(again) = again { p { a.button.primary href=(again) { "Try again" } } }
            p.detail { (detail) }
        }
    };
    shell(title, None, html! { span.title { "Footlights" } }, main)
}
