//! The builder of a page: text, own HTML, questions, a comprehension check.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Answer, Ending, Question, Transition};

/// What is known about a participant by name: answers, scores, arms, parameters of the address.
pub type Globals = BTreeMap<String, Answer>;

/// A page of text, with a button and perhaps with questions.
#[derive(Debug, Clone, Serialize)]
pub struct Page {
    /// In addresses and in the data.
    pub id: String,
    /// The heading.
    pub title: String,
    /// What stands under it.
    pub body: Vec<Part>,
    /// In the order in which they are asked.
    pub questions: Vec<Question>,
    /// What the button says.
    pub button: String,
    /// How often wrong answers may be sent, and what happens then.
    pub check: Option<ComprehensionCheck>,
    /// On the last page: more words for who ends that way.
    pub endings: BTreeMap<Ending, String>,
}

/// A part of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "part", content = "is", rename_all = "snake_case")]
pub enum Part {
    /// A paragraph; `{name}` stands for what is known by that name.
    Text(String),
    /// The researcher's own HTML, as it is.
    Html(String),
    /// An image and its description for who does not see it.
    Image {
        /// Its file in `examples/assets/`.
        file: String,
        /// What it shows.
        shows: String,
    },
    /// What another page said, to be opened by who wants to read it once more.
    Collapsible {
        /// The other page's heading.
        title: String,
        /// What stood under it.
        body: Vec<Part>,
    },
}

/// A comprehension check: only right answers lead on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ComprehensionCheck {
    /// How often the page may be sent.
    pub attempts: u32,
    /// Where the last failure leads; the ending is [`Ending::FailedCheck`].
    pub otherwise: Transition,
}

/// What is wrong with the answers, for the participant, by question.
pub type ValidationErrors = BTreeMap<String, String>;

/// What somebody reads whose answer is not right.
const NOT_RIGHT: &str = "This is not right. Please read the instructions once more.";

impl Page {
    /// A page with a heading and no text yet.
    pub fn new(id: &str, title: &str) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            body: Vec::new(),
            questions: Vec::new(),
            button: "Continue".into(),
            check: None,
            endings: BTreeMap::new(),
        }
    }

    /// Adds a paragraph. `{scene.question}` stands for an answer given before, `{scene.score}` and `{scene.outcome}`
    /// for how a game went, `{condition.factor}` for the participant's arm, `{url.name}` for a parameter of the address.
    /// `{{` is a brace.
    pub fn text(mut self, paragraph: &str) -> Self {
        self.body.push(Part::Text(paragraph.into()));
        self
    }

    /// Adds HTML of your own, as it is: `include_str!("consent.html")`. Scripts in it do not run.
    pub fn html(mut self, html: &str) -> Self {
        self.body.push(Part::Html(html.into()));
        self
    }

    /// Adds an image from `examples/assets/`, and what it shows, for who does not see it.
    pub fn image(mut self, file: &str, shows: &str) -> Self {
        self.body.push(Part::Image { file: file.into(), shows: shows.into() });
        self
    }

    /// Adds what another page says, such as the instructions to a comprehension check, folded up.
    pub fn collapsible(mut self, page: &Page) -> Self {
        self.body.push(Part::Collapsible { title: page.title.clone(), body: page.body.clone() });
        self
    }

    /// Adds a question.
    pub fn ask(mut self, question: Question) -> Self {
        self.questions.push(question);
        self
    }

    /// What the button says.
    pub fn button(mut self, words: &str) -> Self {
        self.button = words.into();
        self
    }

    /// Makes the page a comprehension check: all questions with a [`Question::right`] answer must be answered right,
    /// and the page may be sent `n` times. Who fails the last time goes `otherwise`, with the ending `failed_check`.
    pub fn attempts(mut self, n: u32, otherwise: Transition) -> Self {
        self.check = Some(ComprehensionCheck { attempts: n, otherwise });
        self
    }

    /// On the last page: what somebody reads who ends that way, beside what everybody reads.
    pub fn ending(mut self, ending: Ending, words: &str) -> Self {
        self.endings.insert(ending, words.into());
        self
    }

    /// Judges what was sent with the page's form: (question, value) pairs, several for a question with several answers.
    /// What was sent for no question is ignored.
    pub fn accept(&self, sent: &[(String, String)]) -> Result<BTreeMap<String, Answer>, ValidationErrors> {
        accept(&self.questions, sent)
    }

    /// What is not right among answers that were accepted.
    pub fn mistakes(&self, answers: &BTreeMap<String, Answer>) -> ValidationErrors {
        let wrong = self.questions.iter().filter(|q| q.is_right(answers.get(&q.id)) == Some(false));
        wrong.map(|question| (question.id.clone(), NOT_RIGHT.to_owned())).collect()
    }

    /// The paragraphs' names of globals.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for text in texts(&self.body).into_iter().chain(self.endings.values()) {
            split(text, |_| {}, |name| names.push(name.to_owned()));
        }
        names
    }

    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        let mut asked = std::collections::BTreeSet::new();
        for question in &self.questions {
            question.check().map_err(|why| ("ask", why))?;
            if !asked.insert(&question.id) {
                return Err(("ask", format!("two questions have the id {:?}", question.id)));
            }
        }
        let right = self.questions.iter().any(|question| question.right.is_some());
        match &self.check {
            Some(check) if check.attempts == 0 => Err(("attempts", "must be at least 1".into())),
            Some(_) if !right => Err(("attempts", "no question has a right answer".into())),
            None if right => {
                Err(("attempts", "a question has a right answer, but nothing asks for it".into()))
            }
            _ => Ok(()),
        }
    }
}

fn texts(body: &[Part]) -> Vec<&String> {
    body.iter()
        .flat_map(|part| match part {
            Part::Text(text) => vec![text],
            Part::Collapsible { body, .. } => texts(body),
            Part::Html(_) | Part::Image { .. } => Vec::new(),
        })
        .collect()
}

/// Judges what was sent for some questions.
pub(crate) fn accept(
    questions: &[Question],
    sent: &[(String, String)],
) -> Result<BTreeMap<String, Answer>, ValidationErrors> {
    let (mut answers, mut errors) = (BTreeMap::new(), BTreeMap::new());
    for question in questions {
        let given = sent.iter().filter(|(id, _)| *id == question.id).map(|(_, value)| value.as_str());
        match question.accept(&given.collect::<Vec<_>>()) {
            Ok(Some(answer)) => drop(answers.insert(question.id.clone(), answer)),
            Ok(None) => {}
            Err(why) => drop(errors.insert(question.id.clone(), why)),
        }
    }
    if errors.is_empty() { Ok(answers) } else { Err(errors) }
}

/// A paragraph with what is known in the place of its names; what is not known yet is left out.
pub fn interpolate(text: &str, globals: &Globals) -> String {
    let filled = std::cell::RefCell::new(String::with_capacity(text.len()));
    split(
        text,
        |words| filled.borrow_mut().push_str(words),
        |name| {
            if let Some(value) = globals.get(name) {
                filled.borrow_mut().push_str(&value.words());
            }
        },
    );
    filled.into_inner()
}

fn split(text: &str, mut words: impl FnMut(&str), mut name: impl FnMut(&str)) {
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let (before, after) = rest.split_at(at);
        words(before);
        let after = after.strip_prefix('{').unwrap_or_default();
        if let Some(literal) = after.strip_prefix('{') {
            words("{");
            rest = literal;
            continue;
        }
        match after.split_once('}') {
            Some((inside, next)) => {
                name(inside);
                rest = next;
            }
            None => {
                words("{");
                rest = after;
            }
        }
    }
    words(rest);
}

#[cfg(test)]
mod tests {
    use crate::page::*;

    #[test]
    fn names_are_filled_in_and_unknown_ones_left_out() {
        let globals = Globals::from([
            ("game.score".to_owned(), Answer::Number(3.0)),
            ("survey.colours".to_owned(), Answer::Several(vec!["red".into(), "blue".into()])),
        ]);
        assert_eq!(interpolate("You won {game.score} points.", &globals), "You won 3 points.");
        assert_eq!(interpolate("{survey.colours}! {nothing}", &globals), "red, blue! ");
        assert_eq!(interpolate("a {{b} {c", &globals), "a {b} {c");
        let other = Page::new("o", "O").text("{s.q}");
        let page = Page::new("p", "P")
            .text("{game.score} {{x} {condition.f}")
            .collapsible(&other)
            .ending(Ending::Left, "{url.z}");
        assert_eq!(page.names(), ["game.score", "condition.f", "s.q", "url.z"]);
    }

    #[test]
    fn a_check_finds_the_wrong_answers() {
        let page = Page::new("check", "ComprehensionCheck")
            .ask(Question::multiple_choice("goal", "Goal?", &["left", "right"]).correct(&["right"]))
            .ask(Question::multiple_choice("keys", "Keys?", &["a", "b", "c"]).multiple().correct(&["c", "a"]))
            .ask(Question::number_input("points", "Points?", 0.0, 10.0).correct(&["5"]))
            .ask(Question::text_box("why", "Why?").optional())
            .attempts(2, Transition::End);
        assert_eq!(page.check(), Ok(()));
        let sent = |pairs: &[(&str, &str)]| {
            let pairs: Vec<_> = pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
            page.mistakes(&page.accept(&pairs).unwrap()).into_keys().collect::<Vec<_>>()
        };
        assert!(sent(&[("goal", "right"), ("keys", "a"), ("keys", "c"), ("points", "5.0")]).is_empty());
        assert_eq!(sent(&[("goal", "left"), ("keys", "a"), ("points", "5")]), ["goal", "keys"]);
        assert_eq!(page.clone().attempts(0, Transition::End).check().unwrap_err().0, "attempts");
        let none = Page::new("p", "P").ask(Question::text_box("a", "A")).attempts(1, Transition::End);
        assert!(none.check().unwrap_err().1.contains("no question"));
        let unasked = Page::new("p", "P").ask(Question::text_box("a", "A").correct(&["x"]));
        assert!(unasked.check().unwrap_err().1.contains("nothing asks"));
    }
}
