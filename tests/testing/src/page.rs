//! What a page offers, read from its markup.

use html5gum::{StartTag, Token, Tokenizer};

/// A scene as a participant finds it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// `data-scene`.
    pub scene: String,
    /// `data-kind`.
    pub kind: String,
    /// How it goes on.
    pub way: Way,
    /// What its form asks for.
    pub controls: Vec<Control>,
    /// What it says about answers that were sent before.
    pub complaints: Vec<String>,
    /// The path of the socket by which a tab says that it is open.
    pub tab: Option<String>,
    /// Where a browser without scripts posts that it has none, if the page needs them.
    pub without_script: Option<String>,
    /// How much time there is for the page, ms, if it is limited.
    pub time_left: Option<f64>,
    /// On the last page: how the experiment ended.
    pub ending: Option<String>,
    /// On the last page: whether everything is saved.
    pub saved: bool,
    /// On the last page: the code, where it can be seen.
    pub code: Option<String>,
}

/// What a form asks for under one name.
#[derive(Debug, Clone, PartialEq)]
pub struct Control {
    /// The name that is sent.
    pub name: String,
    /// What can be sent.
    pub takes: Takes,
    /// Whether the form says that something must be sent. Checkboxes and sliders cannot say so.
    pub required: bool,
}

/// What can be sent for a control.
#[derive(Debug, Clone, PartialEq)]
pub enum Takes {
    /// Text of so many characters at most.
    Text(Option<usize>),
    /// A number.
    Number {
        /// Smallest.
        min: Option<f64>,
        /// Largest.
        max: Option<f64>,
        /// Distance between two of them, from the smallest on; `None` for any.
        step: Option<f64>,
    },
    /// One of these.
    One(Vec<String>),
    /// Any of these.
    Several(Vec<String>),
    /// What the page's program finds out.
    Hidden(String),
}

/// How it goes on from a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Way {
    /// With the button of a form that is posted there.
    Press(String),
    /// With a game.
    Play {
        /// The environment's id.
        environment: String,
        /// Path of the lobby's socket.
        lobby: String,
        /// Path of the room's socket, where the seat is known.
        room: Option<String>,
        /// Where to post when the game is over.
        next: String,
    },
    /// It does not: this is the last page.
    #[default]
    End,
    /// It does not, but this is where to ask whether everything is saved.
    Finish(String),
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
        let mut reader = Reader::default();
        for Ok(token) in Tokenizer::new(html) {
            match token {
                Token::StartTag(tag) => reader.start(&tag),
                Token::EndTag(tag) => reader.end(&tag.name),
                Token::String(text) => reader.text(&String::from_utf8_lossy(&text)),
                _ => {}
            }
        }
        reader.finish()
    }
}

/// What was read so far.
#[derive(Default)]
struct Reader {
    section: Option<StartTag<()>>,
    form: Option<String>,
    in_form: bool,
    /// What stands in a template is not on the page.
    in_template: bool,
    /// What stands there is for browsers without scripts.
    in_noscript: bool,
    into: Into,
    /// The options of the list that is open, and whether several may be chosen.
    list: Option<(Control, bool)>,
    words: String,
    page: Page,
}

/// Where text belongs, beside what the page says.
#[derive(Clone, Copy, Default, PartialEq)]
enum Into {
    #[default]
    Nowhere,
    Complaint,
    Code,
}

impl Reader {
    fn start(&mut self, tag: &StartTag<()>) {
        let name = &**tag.name;
        match name {
            b"template" => self.in_template = true,
            b"noscript" => self.in_noscript = true,
            b"body" => self.page.tab = attribute(tag, "data-tab"),
            _ => {}
        }
        if self.section.is_none() {
            if attribute(tag, "data-kind").is_some() {
                self.words.clear();
                self.section = Some(tag.clone());
            }
            return;
        }
        if self.in_template {
            return;
        }
        if self.in_noscript {
            if name == b"form" {
                self.page.without_script = attribute(tag, "action");
            }
            return;
        }
        if name == b"form" && self.form.is_none() {
            self.form = attribute(tag, "action");
            self.page.time_left = attribute(tag, "data-time-left").and_then(|left| left.parse().ok());
            self.in_form = true;
        }
        if attribute(tag, "class").is_some_and(|class| class == "complaint") {
            self.into = Into::Complaint;
            self.page.complaints.push(String::new());
        }
        if attribute(tag, "id").is_some_and(|id| id == "code") {
            self.into = Into::Code;
            self.page.code = Some(String::new());
        }
        if self.in_form {
            self.control(name, tag);
        }
    }

    fn control(&mut self, element: &[u8], tag: &StartTag<()>) {
        let required = attribute(tag, "required").is_some();
        let number = |name| attribute(tag, name).and_then(|value| value.parse::<f64>().ok());
        if element == b"option" {
            let value = attribute(tag, "value");
            if let (
                Some((Control { takes: Takes::One(options) | Takes::Several(options), .. }, _)),
                Some(value),
            ) = (&mut self.list, value.filter(|value| !value.is_empty()))
            {
                options.push(value);
            }
            return;
        }
        let Some(name) = attribute(tag, "name") else { return };
        let kind = attribute(tag, "type").unwrap_or_default();
        let value = attribute(tag, "value").unwrap_or_default();
        let most =
            ["data-max-chars", "maxlength"].into_iter().find_map(|name| attribute(tag, name)?.parse().ok());
        let several = kind == "checkbox";
        let takes = match (element, kind.as_str()) {
            (b"textarea", _) => Takes::Text(most),
            (b"select", _) => {
                let several = attribute(tag, "multiple").is_some();
                let takes = if several { Takes::Several(Vec::new()) } else { Takes::One(Vec::new()) };
                self.list = Some((Control { name, takes, required }, several));
                return;
            }
            (b"input", "hidden") => Takes::Hidden(value),
            (b"input", _) if number("data-min").is_some() => {
                Takes::Number { min: number("data-min"), max: number("data-max"), step: number("data-step") }
            }
            (b"input", "number" | "range") => {
                // Without a word about steps, HTML counts by one.
                let any = attribute(tag, "step").is_some_and(|step| step == "any");
                let step = if any { None } else { Some(number("step").unwrap_or(1.0)) };
                let usual = |end: f64| (kind == "range").then_some(end);
                Takes::Number { min: number("min").or(usual(0.0)), max: number("max").or(usual(100.0)), step }
            }
            (b"input", "radio" | "checkbox") => {
                let known = self.page.controls.iter_mut().find(|control| control.name == name);
                if let Some(Control { takes: Takes::One(options) | Takes::Several(options), .. }) = known {
                    options.push(value);
                    return;
                }
                if several { Takes::Several(vec![value]) } else { Takes::One(vec![value]) }
            }
            (b"input", "submit" | "button" | "reset" | "image" | "file") => return,
            (b"input", _) => Takes::Text(most),
            _ => return,
        };
        self.page.controls.push(Control { name, takes, required });
    }

    fn end(&mut self, name: &[u8]) {
        match name {
            b"template" => self.in_template = false,
            b"noscript" => self.in_noscript = false,
            b"form" => self.in_form = false,
            b"select" => self.page.controls.extend(self.list.take().map(|(control, _)| control)),
            _ => {}
        }
        self.into = Into::Nowhere;
    }

    fn text(&mut self, text: &str) {
        match self.into {
            Into::Nowhere => {}
            Into::Complaint => {
                self.page.complaints.last_mut().into_iter().for_each(|words| words.push_str(text))
            }
            Into::Code => self.page.code.iter_mut().for_each(|code| code.push_str(text.trim())),
        }
        self.words.push_str(text.trim());
        self.words.push(' ');
    }

    fn finish(self) -> Result<Page, PageError> {
        let said: String = self.words.trim().chars().take(200).collect();
        let Some(tag) = self.section else { return Err(PageError::NotAScene(said)) };
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
                room: attribute(&tag, "data-room"),
                next: needs(attribute(&tag, "data-next"), "data-next")?,
            },
            "end" => self.form.map_or(Way::End, Way::Finish),
            _ => Way::Press(needs(self.form, "form")?),
        };
        let ending = attribute(&tag, "data-ending");
        let saved = attribute(&tag, "data-saved").is_some_and(|saved| saved == "true");
        Ok(Page { scene, kind, way, ending, saved, ..self.page })
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
        let start = Page { scene: "start".into(), kind: "start".into(), way, ..Page::default() };
        assert_eq!(Page::parse(&html), Ok(start));
    }

    #[test]
    fn a_game_names_its_environment_its_lobby_and_what_comes_next() {
        let html = document(
            r#"<section data-scene="g" data-kind="game" data-env="e-v0" data-lobby="/l" data-next="/n"></section>"#,
        );
        let way = Way::Play { environment: "e-v0".into(), lobby: "/l".into(), room: None, next: "/n".into() };
        assert_eq!(Page::parse(&html).unwrap().way, way);
        let lacking = document(r#"<section data-scene="g" data-kind="game" data-env="e-v0"></section>"#);
        assert!(Page::parse(&lacking).unwrap_err().to_string().contains("data-lobby"));
    }

    #[test]
    fn a_form_says_what_it_takes() {
        let html = document(
            r#"<section data-scene="s" data-kind="static"><input name="outside"><form action="/s">
               <input name="a" type="text" maxlength="5" required><p class="complaint">Too long.</p>
               <textarea name="b"></textarea><input name="c" type="number" min="18" max="99" step="any">
               <input name="d" type="range" min="0" max="1" step="0.25">
               <input name="e" type="radio" value="1" required><input name="e" type="radio" value="2" required>
               <input name="f" type="checkbox" value="x"><input name="f" type="checkbox" value="y">
               <select name="g"><option value="">Choose</option><option value="z">Z</option></select>
               <input name="j" type="text" data-max-chars="7">
               <input name="k" type="text" data-min="0.5" data-max="2.5" data-step="0.5">
               <input name="h" type="hidden"><button name="i">Go</button></form></section>"#,
        );
        let page = Page::parse(&html).unwrap();
        let found: Vec<_> =
            page.controls.iter().map(|c| (c.name.as_str(), c.required, c.takes.clone())).collect();
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let number = |min, max, step| Takes::Number { min: Some(min), max: Some(max), step };
        let expected = [
            ("a", true, Takes::Text(Some(5))),
            ("b", false, Takes::Text(None)),
            ("c", false, number(18.0, 99.0, None)),
            ("d", false, number(0.0, 1.0, Some(0.25))),
            ("e", true, Takes::One(words(&["1", "2"]))),
            ("f", false, Takes::Several(words(&["x", "y"]))),
            ("g", false, Takes::One(words(&["z"]))),
            ("j", false, Takes::Text(Some(7))),
            ("k", false, number(0.5, 2.5, Some(0.5))),
            ("h", false, Takes::Hidden(String::new())),
        ];
        assert_eq!(found, expected);
        assert_eq!(page.complaints, ["Too long."]);
    }

    #[test]
    fn a_page_that_needs_scripts_says_where_to_go_without_them() {
        let html = document(
            r#"<section data-scene="s" data-kind="screening"><form action="/s"><input type="hidden" name="touch"></form>
               <noscript><form action="/none"><input type="hidden" name="no_script" value="true"></form></noscript></section>"#,
        );
        let page = Page::parse(&html).unwrap();
        assert_eq!((page.way, page.without_script.as_deref()), (Way::Press("/s".into()), Some("/none")));
        let names: Vec<&str> = page.controls.iter().map(|control| control.name.as_str()).collect();
        assert_eq!(names, ["touch"]);
    }

    #[test]
    fn a_code_counts_only_where_it_can_be_seen() {
        let waiting = document(
            r#"<section data-scene="end" data-kind="end" data-ending="left" data-saved="false">
               <form action="/complete"></form><template><strong id="code">C1</strong></template></section>"#,
        );
        let page = Page::parse(&waiting).unwrap();
        assert_eq!((page.way, page.saved, page.code), (Way::Finish("/complete".into()), false, None));
        let saved = document(
            r#"<section data-scene="end" data-kind="end" data-ending="left" data-saved="true">
               <strong id="code">C1</strong></section>"#,
        );
        let page = Page::parse(&saved).unwrap();
        assert_eq!((page.way, page.saved, page.code.as_deref()), (Way::End, true, Some("C1")));
        assert_eq!(page.ending.as_deref(), Some("left"));
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
