//! Text in Markdown as HTML.

use pulldown_cmark::{
    CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, TextMergeStream, html::push_html,
};

/// Where the experiments' assets are.
const ASSETS: &str = "/assets/";

fn events(text: &str) -> impl Iterator<Item = Event<'_>> {
    // What is written with one name in braces must come as one text.
    TextMergeStream::new(Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH))
}

/// Text in Markdown as HTML. `fill` fills in the names in braces; its words are text, whatever they are. Headings are below the
/// page's own. HTML is shown as text. Images are files among the assets, and links open another tab.
///
/// ```
/// let html = footlights_experiment::markdown("**{name}**", |text| text.replace("{name}", "<b>"));
/// assert_eq!(html, "<p><strong>&lt;b&gt;</strong></p>\n");
/// ```
#[must_use]
pub fn markdown(text: &str, fill: impl Fn(&str) -> String) -> String {
    let mut html = String::with_capacity(text.len() * 2);
    push_html(
        &mut html,
        events(text).map(|event| match event {
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => {
                Event::Text(fill(&text).into())
            }
            Event::Code(text) => Event::Code(fill(&text).into()),
            Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
            Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
            Event::Start(Tag::Heading { level, id, classes, attrs }) => {
                Event::Start(Tag::Heading { level: below(level), id, classes, attrs })
            }
            Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(below(level))),
            Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
                Event::Start(Tag::Image { link_type, dest_url: asset(dest_url), title, id })
            }
            Event::Start(Tag::Link { dest_url, .. }) => {
                let address = fill(&dest_url);
                // A program runs under such an address.
                let is_page =
                    ["https://", "http://", "mailto:", "/", "#"].iter().any(|way| address.starts_with(way));
                let address = if is_page { address } else { String::new() };
                let link = format!(
                    "<a href=\"{}\" target=\"_blank\" rel=\"noopener noreferrer\">",
                    escaped(&address)
                );
                Event::InlineHtml(link.into())
            }
            Event::End(TagEnd::Link) => Event::InlineHtml("</a>".into()),
            other => other,
        }),
    );
    html
}

/// The files among the assets that a text shows.
pub(crate) fn images(text: &str) -> Vec<String> {
    events(text)
        .filter_map(|event| match event {
            Event::Start(Tag::Image { dest_url, .. }) if !is_elsewhere(&dest_url) => {
                Some(dest_url.into_string())
            }
            _ => None,
        })
        .collect()
}

fn is_elsewhere(address: &str) -> bool {
    address.contains(':') || address.starts_with('/')
}

fn asset(address: CowStr<'_>) -> CowStr<'_> {
    if is_elsewhere(&address) { address } else { format!("{ASSETS}{address}").into() }
}

/// A page has one heading of the first level: its title.
fn below(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H2,
        HeadingLevel::H2 => HeadingLevel::H3,
        HeadingLevel::H3 => HeadingLevel::H4,
        HeadingLevel::H4 => HeadingLevel::H5,
        HeadingLevel::H5 | HeadingLevel::H6 => HeadingLevel::H6,
    }
}

fn escaped(address: &str) -> String {
    address.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        markdown(text, |text| text.replace("{a_b.c}", "*1* <i>&"))
    }

    #[test]
    fn what_is_filled_in_is_never_markup() {
        assert_eq!(shown("You: {a_b.c}"), "<p>You: *1* &lt;i&gt;&amp;</p>\n");
        assert_eq!(shown("`{a_b.c}`"), "<p><code>*1* &lt;i&gt;&amp;</code></p>\n");
        assert!(!shown("<script>{a_b.c}</script> <b onclick=x>").contains("<script"));
        assert!(!shown("<div>\n{a_b.c}\n</div>").contains("<div"));
    }

    #[test]
    fn headings_are_below_the_page_and_images_among_the_assets() {
        assert_eq!(shown("# A\n###### B"), "<h2>A</h2>\n<h6>B</h6>\n");
        assert_eq!(shown("![A hill](hill.svg)"), "<p><img src=\"/assets/hill.svg\" alt=\"A hill\" /></p>\n");
        assert_eq!(images("![a](x.png) ![b](https://e.org/y.png)"), ["x.png"]);
    }

    #[test]
    fn links_leave_the_page_open_and_run_nothing() {
        let link = shown("[here](https://e.org/?a=1&b=\"2)");
        assert!(link.contains("href=\"https://e.org/?a=1&amp;b=&quot;2\" target=\"_blank\""), "{link}");
        for address in ["javascript:alert(1)", "JAVASCRIPT:x", "data:text/html,x", "vbscript:x"] {
            assert!(shown(&format!("[x]({address})")).contains("href=\"\""), "{address}");
        }
    }
}
