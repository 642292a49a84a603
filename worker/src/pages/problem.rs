//! The page that says what went wrong.

use footlights_protocol::words::{Text, Words, texts};
use maud::{Markup, html};

use super::shell::shell;

/// What went wrong, what to do, and a detail that a participant can report. `again` is an address to try again, if that
/// can help.
/// `arrives` if the page's program may know another way in.
pub fn problem(
    words: &Words,
    (title, why): (Text, Text),
    detail: &str,
    again: Option<&str>,
    arrives: bool,
) -> Markup {
    let title = words.get(title);
    let main = html! {
        section.page.problem data-kind="problem" data-arrives=[arrives.then_some("")] {
            h1 { (title) }
            p { (words.get(why)) }
            @if let Some(again) = again { p { a.button.primary href=(again) { (words.get(texts::TRY_AGAIN)) } } }
            p.detail lang="en" dir="ltr" { (detail) }
        }
    };
    shell(title, None, words, html! { span.title { "Footlights" } }, main)
}
