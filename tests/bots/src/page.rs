//! What a page offers, read from its markup.

use html5gum::{StartTag, Token, Tokenizer};

/// A scene as a participant finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// `data-scene`.
    pub scene: String,
    /// `data-kind`.
    pub kind: String,
    /// How it goes on.
    pub way: Way,
}

/// How it goes on from a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// With the button of a form that is posted there.
    Press(String),
    /// With a game.
    Play {
        /// The environment's id.
        environment: String,
        /// Path of the lobby's socket.
        lobby: String,
        /// Where to post when the game is over.
        next: String,
    },
    /// It does not: this is the last page.
    End,
}

/// A page that leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// Nothing on it says what it is.
    #[error("not a scene: {0}")]
    NotAScene(String),
    /// The edge says that something is wrong.
    #[error("the page says: {0}")]
    Problem(String),
    /// It lacks what its kind needs.
    #[error("scene {scene:?} of kind {kind:?} has no {lacks}")]
    Incomplete {
        /// `data-scene`.
        scene: String,
        /// `data-kind`.
        kind: String,
        /// What is not there.
        lacks: &'static str,
    },
}

impl Page {
    /// Reads a document.
    pub fn parse(html: &str) -> Result<Self, PageError> {
        let (mut scene, mut form, mut words) = (None, None, String::new());
        for Ok(token) in Tokenizer::new(html) {
            match token {
                Token::StartTag(tag) => {
                    if scene.is_none() && attribute(&tag, "data-kind").is_some() {
                        words.clear();
                        scene = Some(tag);
                    } else if form.is_none() && scene.is_some() && **tag.name == *b"form" {
                        form = attribute(&tag, "action");
                    }
                }
                Token::String(text) => {
                    words.push_str(String::from_utf8_lossy(&text).trim());
                    words.push(' ');
                }
                _ => {}
            }
        }
        let said: String = words.trim().chars().take(200).collect();
        let Some(tag) = scene else { return Err(PageError::NotAScene(said)) };
        let kind = attribute(&tag, "data-kind").unwrap_or_default();
        if kind == "problem" {
            return Err(PageError::Problem(said));
        }
        let scene = attribute(&tag, "data-scene").unwrap_or_default();
        let needs = |value: Option<String>, lacks| {
            value.ok_or_else(|| PageError::Incomplete { scene: scene.clone(), kind: kind.clone(), lacks })
        };
        let way = match kind.as_str() {
            "game" => Way::Play {
                environment: needs(attribute(&tag, "data-env"), "data-env")?,
                lobby: needs(attribute(&tag, "data-lobby"), "data-lobby")?,
                next: needs(attribute(&tag, "data-next"), "data-next")?,
            },
            "end" => Way::End,
            _ => Way::Press(needs(form, "form")?),
        };
        Ok(Self { scene, kind, way })
    }
}

fn attribute(tag: &StartTag<()>, name: &str) -> Option<String> {
    tag.attributes.get(name.as_bytes()).map(|value| String::from_utf8_lossy(value).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(scene: &str) -> String {
        format!(
            "<!doctype html><html lang=en><head><title>T</title><script>if (1 < 2) {{}}</script></head>\
             <body data-experiment=e><header><progress></progress></header><main id=scene>{scene}</main></body></html>"
        )
    }

    #[test]
    fn a_page_with_a_form_goes_on_with_its_button() {
        let html = document(
            r#"<section class="page" data-scene="start" data-kind="start"><h1>Hello</h1>
               <form method="post" action="/x/e/s/scenes/start?a=1&amp;b=2"><button>Go</button></form></section>"#,
        );
        let way = Way::Press("/x/e/s/scenes/start?a=1&b=2".into());
        assert_eq!(Page::parse(&html), Ok(Page { scene: "start".into(), kind: "start".into(), way }));
    }

    #[test]
    fn a_game_names_its_environment_its_lobby_and_what_comes_next() {
        let html = document(
            r#"<section data-scene="g" data-kind="game" data-env="e-v0" data-lobby="/l" data-next="/n"></section>"#,
        );
        let way = Way::Play { environment: "e-v0".into(), lobby: "/l".into(), next: "/n".into() };
        assert_eq!(Page::parse(&html).unwrap().way, way);
        let lacking = document(r#"<section data-scene="g" data-kind="game" data-env="e-v0"></section>"#);
        assert!(Page::parse(&lacking).unwrap_err().to_string().contains("data-lobby"));
    }

    #[test]
    fn the_last_page_leads_nowhere_and_a_problem_is_told_in_its_words() {
        let end = document(r#"<section data-scene="end" data-kind="end"><h1>Bye</h1></section>"#);
        assert_eq!(Page::parse(&end).unwrap().way, Way::End);
        let problem =
            document(r#"<section data-kind="problem"><h1>Gone</h1><p>Please reload.</p></section>"#);
        assert_eq!(Page::parse(&problem), Err(PageError::Problem("Gone Please reload.".into())));
        assert!(matches!(Page::parse("<p>502 Bad Gateway"), Err(PageError::NotAScene(_))));
    }
}
