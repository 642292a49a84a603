//! The builder of a page: text, own HTML, questions, a comprehension check.

use std::collections::BTreeMap;

use footlights_protocol::words::{Words, texts};
use serde::Serialize;

use crate::{
    answer::Answer,
    ending::{Ending, Transition},
    interpolate::names,
    markdown,
    question::Question,
};

/// A page of text, with a button and perhaps with questions.
///
/// ```
/// use footlights_experiment::{Page, Question};
///
/// let survey = Page::new("survey", "How was it?")
///     .text("You scored {game.score} points.")
///     .ask(Question::scale("fun", "How much fun was it?", 7).anchors("None", "A lot"))
///     .ask(Question::text_area("comments", "Anything else?").optional())
///     .button("Send");
/// assert!(survey.accept(&[]).unwrap_err().contains_key("fun"));
/// ```
#[derive(Debug, Clone, Serialize)]
#[must_use]
#[non_exhaustive]
pub struct Page {
    /// The page's name in addresses and in the data.
    pub id: String,
    /// The heading.
    pub title: String,
    /// What stands under the heading, from top to bottom.
    pub body: Vec<Part>,
    /// The questions, in the order in which the page asks them.
    pub questions: Vec<Question>,
    /// The label of the button; empty for `Continue` in the study's language.
    pub button: String,
    /// How often the participant may send wrong answers, and what happens then.
    pub check: Option<ComprehensionCheck>,
    /// On the last page: a paragraph for participants who ended that way.
    pub endings: BTreeMap<Ending, String>,
    /// On the last page: what everybody reads, however they ended, in Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub debriefing: Option<String>,
    /// How long the page is shown, and what follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<TimeLimit>,
    /// Whether participants can save a copy of the page's text.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub copy: bool,
}

/// A part of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "part", content = "is", rename_all = "snake_case")]
pub enum Part {
    /// A paragraph; `{name}` stands for the global of that name.
    Text(String),
    /// Paragraphs, lists and the like in Markdown; `{name}` stands for the global of that name.
    Markdown(String),
    /// The researcher's own HTML, unchanged.
    Html(String),
    /// An image.
    Image {
        /// A file among the experiments' assets.
        file: String,
        /// What the image shows, for participants who cannot see it.
        shows: String,
    },
    /// The text of another page, folded up; the participant can open it and read it again.
    Collapsible {
        /// The other page's heading.
        title: String,
        /// What stands under that heading.
        body: Vec<Part>,
    },
}

/// A comprehension check: the participant goes on only with right answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ComprehensionCheck {
    /// How often the participant may send the page.
    pub attempts: u32,
    /// Where a participant goes whose last attempt fails; the ending is [`Ending::FailedCheck`].
    pub otherwise: Transition,
}

/// How long a page is shown, and what follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TimeLimit {
    /// The time, ms.
    pub ms: u64,
    /// Where a participant goes whose time is over. [`Transition::End`] and redirects end with [`Ending::Left`].
    pub then: Transition,
}

/// What the page's program calls on a form. A control of such a name replaces it: [named properties][names] of forms.
///
/// [names]: https://html.spec.whatwg.org/multipage/forms.html#dom-form-nameditem
const OF_FORMS: [&str; 11] = [
    "appendChild",
    "contains",
    "getAttribute",
    "hasAttribute",
    "insertBefore",
    "isConnected",
    "querySelector",
    "querySelectorAll",
    "removeAttribute",
    "requestSubmit",
    "setAttribute",
];

/// What is wrong with the answers, by the id of the question, in sentences for the participant.
pub type ValidationErrors = BTreeMap<String, String>;

impl Page {
    /// A page with a heading and no text yet. Names of globals in braces are replaced in all texts of a page, the heading,
    /// the button and the labels of questions included; `{{` is a brace.
    pub fn new(id: &str, title: &str) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            body: Vec::new(),
            questions: Vec::new(),
            button: String::new(),
            check: None,
            endings: BTreeMap::new(),
            debriefing: None,
            limit: None,
            copy: false,
        }
    }

    /// Adds a paragraph. `{scene.question}` stands for an answer given before, `{scene.score}` and `{scene.outcome}`
    /// for the result of a game, `{condition.factor}` for the participant's level of a factor, and `{url.name}` for a
    /// parameter of the address. `{{` is a brace. A name that the experiment does not have is a configuration error.
    pub fn text(mut self, paragraph: &str) -> Self {
        self.body.push(Part::Text(paragraph.into()));
        self
    }

    /// Adds text in [CommonMark](https://commonmark.org), with tables: paragraphs, lists, headings, links, images among the
    /// experiments' assets. Names in braces are filled in as in [`text`](Self::text); what a participant answered is shown
    /// as it is and is no markup. HTML in it is shown as text; see [`html`](Self::html).
    ///
    /// ```
    /// # use footlights_experiment::Page;
    /// let page = Page::new("rules", "The rules").markdown("You win **{practice.score} points**:\n\n- for each apple\n- alone");
    /// ```
    pub fn markdown(mut self, text: &str) -> Self {
        self.body.push(Part::Markdown(text.into()));
        self
    }

    /// On the last page: adds text in [Markdown](Self::markdown) that everybody reads, however they ended: what the study
    /// was about, for example.
    pub fn debriefing(mut self, text: &str) -> Self {
        self.debriefing = Some(text.into());
        self
    }

    /// Shows the page for so long at most, ms, at least 1,000; then the participant takes the transition `then`, also if they
    /// closed the page. What they answered by then and what is right in form is kept; the rest is left out. The page says how
    /// much time is left. So nobody waits for somebody who reads for ever.
    ///
    /// ```
    /// use footlights_experiment::{Page, Question, Transition};
    ///
    /// let offer = Page::new("offer", "Your offer")
    ///     .ask(Question::number_input("coins", "How many coins do you give?", 0.0, 10.0))
    ///     .time_limit(60_000, Transition::Next);
    /// ```
    pub fn time_limit(mut self, ms: u64, then: Transition) -> Self {
        self.limit = Some(TimeLimit { ms, then });
        self
    }

    /// Lets participants save the page's text as a file, such as the consent that they give.
    pub fn keep_copy(mut self) -> Self {
        self.copy = true;
        self
    }

    /// Adds HTML of your own, unchanged, such as `include_str!("consent.html")`. Scripts that are written in it do not run.
    /// It stands inside the page's form, so that it can have the control of a [`Question::custom_html`].
    pub fn html(mut self, html: &str) -> Self {
        self.body.push(Part::Html(html.into()));
        self
    }

    /// Adds an image: a file among the experiments' assets, and what it shows, for participants who cannot see it.
    pub fn image(mut self, file: &str, shows: &str) -> Self {
        self.body.push(Part::Image { file: file.into(), shows: shows.into() });
        self
    }

    /// Adds the text of another page, folded up: for example the instructions on the page of a comprehension check.
    pub fn collapsible(mut self, page: &Page) -> Self {
        self.body.push(Part::Collapsible { title: page.title.clone(), body: page.body.clone() });
        self
    }

    /// The files among the assets that the page shows.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut files: Vec<String> = self.questions.iter().flat_map(Question::files).collect();
        let mut bodies = vec![&self.body];
        while let Some(body) = bodies.pop() {
            for part in body {
                match part {
                    Part::Image { file, .. } => files.push(file.clone()),
                    Part::Collapsible { body, .. } => bodies.push(body),
                    Part::Markdown(text) => files.extend(markdown::images(text)),
                    Part::Text(_) | Part::Html(_) => {}
                }
            }
        }
        files.extend(self.debriefing.iter().flat_map(|text| markdown::images(text)));
        files
    }

    /// Adds a question. Each kind of question has a constructor, such as [`Question::scale`].
    pub fn ask(mut self, question: impl Into<Question>) -> Self {
        self.questions.push(question.into());
        self
    }

    /// The label of the button; `Continue` without this.
    pub fn button(mut self, words: &str) -> Self {
        self.button = words.into();
        self
    }

    /// Makes the page a comprehension check: the participant must give every
    /// [`correct`](crate::question::QuestionBuilder::correct) answer, and may send the page `n` times. If the last
    /// attempt fails, the participant takes the transition `otherwise` and ends with [`Ending::FailedCheck`].
    ///
    /// ```
    /// use footlights_experiment::{Page, Question, Transition};
    ///
    /// let goal = Question::multiple_choice("goal", "Where is the goal?", &["Left", "Right"]).correct(&["Right"]);
    /// let check = Page::new("check", "One question before you begin").ask(goal).attempts(3, Transition::End);
    /// ```
    pub fn attempts(mut self, n: u32, otherwise: Transition) -> Self {
        self.check = Some(ComprehensionCheck { attempts: n, otherwise });
        self
    }

    /// On the last page: adds a paragraph for participants who end that way.
    pub fn ending(mut self, ending: Ending, words: &str) -> Self {
        self.endings.insert(ending, words.into());
        self
    }

    /// Judges what the page's form sent: (question, value) pairs, several for a question with several answers. Values
    /// for other names are ignored.
    ///
    /// # Errors
    /// What is wrong with each answer that is missing or refused.
    pub fn accept(&self, sent: &[(String, String)]) -> Result<BTreeMap<String, Answer>, ValidationErrors> {
        accept(&self.questions, sent, &Words::default())
    }

    /// Which of the accepted answers are not right, in a comprehension check.
    #[must_use]
    pub fn mistakes(&self, answers: &BTreeMap<String, Answer>) -> ValidationErrors {
        self.mistakes_in(answers, &Words::default())
    }

    /// The same for a participant who reads `words`.
    #[must_use]
    pub fn mistakes_in(&self, answers: &BTreeMap<String, Answer>, words: &Words) -> ValidationErrors {
        let wrong = self.questions.iter().filter(|q| q.is_correct(answers.get(&q.id)) == Some(false));
        wrong.map(|question| (question.id.clone(), words.get(texts::NOT_RIGHT).to_owned())).collect()
    }

    /// What stands on the button.
    #[must_use]
    pub fn button_words<'a>(&'a self, words: &'a Words) -> &'a str {
        if self.button.is_empty() { words.get(texts::CONTINUE) } else { &self.button }
    }

    /// The page as somebody reads it, for whom `fill` replaces the names in a text: its title, its button, its questions and
    /// what can be opened. The paragraphs are left as they are.
    ///
    /// ```
    /// use footlights_experiment::{Answer, Globals, Page, Question, interpolate};
    ///
    /// let page = Page::new("after", "Round {url.round}").ask(Question::scale("fun", "Was round {url.round} fun?", 7));
    /// let globals = Globals::from([("url.round".to_owned(), Answer::Number(2.0))]);
    /// let shown = page.filled(|text| interpolate(text, &globals));
    /// assert_eq!((shown.title.as_str(), shown.questions[0].label.as_str()), ("Round 2", "Was round 2 fun?"));
    /// ```
    pub fn filled(&self, fill: impl Fn(&str) -> String) -> Self {
        let mut page = self.clone();
        page.title = fill(&page.title);
        page.button = fill(&page.button);
        for question in &mut page.questions {
            question.label = fill(&question.label);
        }
        let mut bodies = vec![&mut page.body];
        while let Some(body) = bodies.pop() {
            for part in body {
                if let Part::Collapsible { title, body } = part {
                    *title = fill(title);
                    bodies.push(body);
                }
            }
        }
        page
    }

    /// The names of globals in the page's texts.
    pub(crate) fn names(&self) -> Vec<String> {
        let labels = self.questions.iter().map(|question| &question.label);
        let headings = [&self.title, &self.button].into_iter().chain(labels);
        let texts = texts(&self.body).into_iter().chain(self.endings.values()).chain(&self.debriefing);
        let texts = headings.chain(texts);
        texts.flat_map(|text| names(text)).map(str::to_owned).collect()
    }

    /// Finds the first wrong option, and what is wrong with it.
    pub(crate) fn validate(&self) -> Result<(), (&'static str, String)> {
        let mut ids = std::collections::BTreeSet::new();
        for question in &self.questions {
            question.validate().map_err(|why| ("ask", why))?;
            if OF_FORMS.contains(&question.id.as_str()) {
                let why = "a control of this name would stand in the place of what the page's program calls";
                return Err(("ask", format!("question {:?}: {why}", question.id)));
            }
            if !ids.insert(&question.id) {
                return Err(("ask", format!("two questions have the id {:?}", question.id)));
            }
        }
        let mut bodies = vec![&self.body];
        while let Some(body) = bodies.pop() {
            for part in body {
                match part {
                    Part::Html(html) if html.to_ascii_lowercase().replace("</", "<").contains("<form") => {
                        let why =
                            "the HTML stands inside the page's form, so it cannot have a form of its own";
                        return Err(("html", why.into()));
                    }
                    Part::Collapsible { body, .. } => bodies.push(body),
                    Part::Html(_) | Part::Text(_) | Part::Markdown(_) | Part::Image { .. } => {}
                }
            }
        }
        if self.limit.as_ref().is_some_and(|limit| limit.ms < 1_000) {
            return Err(("time_limit", "must be at least 1000".into()));
        }
        let graded = self.questions.iter().any(|question| question.correct.is_some());
        match &self.check {
            Some(check) if check.attempts == 0 => Err(("attempts", "must be at least 1".into())),
            Some(_) if !graded => Err(("attempts", "no question has a correct answer".into())),
            None if graded => Err((
                "attempts",
                "a question has a correct answer, but the page does not limit attempts: add .attempts(3, Transition::End)"
                    .into(),
            )),
            _ => Ok(()),
        }
    }
}

fn texts(body: &[Part]) -> Vec<&String> {
    body.iter()
        .flat_map(|part| match part {
            Part::Text(text) | Part::Markdown(text) => vec![text],
            Part::Collapsible { title, body } => [vec![title], texts(body)].concat(),
            Part::Html(_) | Part::Image { .. } => Vec::new(),
        })
        .collect()
}

/// Judges what was sent for some questions; see [`Page::accept`].
pub(crate) fn accept(
    questions: &[Question],
    sent: &[(String, String)],
    words: &Words,
) -> Result<BTreeMap<String, Answer>, ValidationErrors> {
    let (mut answers, mut errors) = (BTreeMap::new(), BTreeMap::new());
    for question in questions {
        let given = sent.iter().filter(|(id, _)| *id == question.id).map(|(_, value)| value.as_str());
        match question.accept_in(&given.collect::<Vec<_>>(), words) {
            Ok(Some(answer)) => drop(answers.insert(question.id.clone(), answer)),
            Ok(None) => {}
            Err(why) => drop(errors.insert(question.id.clone(), why)),
        }
    }
    if errors.is_empty() { Ok(answers) } else { Err(errors) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Globals, interpolate};

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
        let page = Page::new("p", "P{url.p}")
            .button("B{url.b}")
            .ask(Question::text_box("q", "Q{url.q}"))
            .text("{game.score} {{x} {condition.f}")
            .collapsible(&other)
            .ending(Ending::Left, "{url.z}");
        let names = ["url.p", "url.b", "url.q", "game.score", "condition.f", "s.q", "url.z"];
        assert_eq!(page.names(), names);
    }

    #[test]
    fn a_check_finds_the_wrong_answers() {
        let page = Page::new("check", "ComprehensionCheck")
            .ask(Question::multiple_choice("goal", "Goal?", &["left", "right"]).correct(&["right"]))
            .ask(Question::multiple_choice("keys", "Keys?", &["a", "b", "c"]).multiple().correct(&["c", "a"]))
            .ask(Question::number_input("points", "Points?", 0.0, 10.0).correct(&["5"]))
            .ask(Question::text_box("why", "Why?").optional())
            .attempts(2, Transition::End);
        assert_eq!(page.validate(), Ok(()));
        let sent = |pairs: &[(&str, &str)]| {
            let pairs: Vec<_> = pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
            page.mistakes(&page.accept(&pairs).unwrap()).into_keys().collect::<Vec<_>>()
        };
        assert!(sent(&[("goal", "right"), ("keys", "a"), ("keys", "c"), ("points", "5.0")]).is_empty());
        assert_eq!(sent(&[("goal", "left"), ("keys", "a"), ("points", "5")]), ["goal", "keys"]);
        assert_eq!(page.clone().attempts(0, Transition::End).validate().unwrap_err().0, "attempts");
        let none = Page::new("p", "P").ask(Question::text_box("a", "A")).attempts(1, Transition::End);
        assert!(none.validate().unwrap_err().1.contains("no question"));
        let unasked = Page::new("p", "P").ask(Question::text_box("a", "A").correct(&["x"]));
        assert!(unasked.validate().unwrap_err().1.contains("does not limit attempts"));
    }
}
