//! What a researcher writes: an experiment is a list of scenes, each made by a builder that is checked at start-up.

mod game;
mod question;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

pub use game::{EnvironmentRef, GameScene, PolicyFactory, Seat};
pub use question::{Answer, Kind, Question};

/// An ordered list of scenes.
#[derive(Clone, Serialize)]
pub struct Experiment {
    /// In addresses and in the data: letters, digits, `_` and `-`.
    pub id: String,
    /// Shown to participants.
    pub title: String,
    /// What a participant goes through, in order.
    pub scenes: Vec<Scene>,
    /// Whether the front page lists it.
    pub listed: bool,
}

/// One stage of an experiment.
#[derive(Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Scene {
    /// The first page; nothing is recorded before its button is pressed.
    Start(Page),
    /// A page of text, of questions, or of both.
    Static(Page),
    /// A game.
    Game(Box<GameScene>),
    /// The last page.
    End(Page),
}

/// A page of text, with a button and perhaps with questions.
#[derive(Debug, Clone, Serialize)]
pub struct Page {
    /// In addresses and in the data.
    pub id: String,
    /// The heading.
    pub title: String,
    /// The text, a paragraph an entry.
    pub paragraphs: Vec<String>,
    /// In the order in which they are asked.
    pub questions: Vec<Question>,
    /// What the button says.
    pub button: String,
}

impl Page {
    /// A page with a heading and no text yet.
    pub fn new(id: &str, title: &str) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            paragraphs: Vec::new(),
            questions: Vec::new(),
            button: "Continue".into(),
        }
    }

    /// Adds a paragraph.
    pub fn text(mut self, paragraph: &str) -> Self {
        self.paragraphs.push(paragraph.into());
        self
    }

    /// Adds a question.
    pub fn ask(mut self, question: Question) -> Self {
        self.questions.push(question);
        self
    }

    /// Judges what was sent with the page's form: (question, value) pairs, several for a question with several answers.
    /// What was sent for no question is ignored.
    pub fn accept(&self, sent: &[(String, String)]) -> Result<BTreeMap<String, Answer>, Complaints> {
        let (mut answers, mut complaints) = (BTreeMap::new(), BTreeMap::new());
        for question in &self.questions {
            let given = sent.iter().filter(|(id, _)| *id == question.id).map(|(_, value)| value.as_str());
            match question.accept(&given.collect::<Vec<_>>()) {
                Ok(Some(answer)) => drop(answers.insert(question.id.clone(), answer)),
                Ok(None) => {}
                Err(why) => drop(complaints.insert(question.id.clone(), why)),
            }
        }
        if complaints.is_empty() { Ok(answers) } else { Err(complaints) }
    }

    /// What the button says.
    pub fn button(mut self, words: &str) -> Self {
        self.button = words.into();
        self
    }
}

/// What is wrong with the answers, for the participant, by question.
pub type Complaints = BTreeMap<String, String>;

impl From<Page> for Scene {
    fn from(page: Page) -> Self {
        Self::Static(page)
    }
}

impl From<GameScene> for Scene {
    fn from(scene: GameScene) -> Self {
        Self::Game(Box::new(scene))
    }
}

impl Scene {
    /// The first page.
    pub fn start(page: Page) -> Self {
        Self::Start(page)
    }

    /// The last page.
    pub fn end(page: Page) -> Self {
        Self::End(page)
    }

    /// The scene's id.
    pub fn id(&self) -> &str {
        match self {
            Self::Start(page) | Self::Static(page) | Self::End(page) => &page.id,
            Self::Game(game) => &game.id,
        }
    }
}

/// A wrong configuration, with its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("experiment {experiment:?}, scene {scene:?}, {option}: {why}")]
pub struct ConfigError {
    /// The experiment's id.
    pub experiment: String,
    /// The scene's id; empty where the experiment itself is wrong.
    pub scene: String,
    /// The option of the builder.
    pub option: &'static str,
    /// What is wrong and what would be right.
    pub why: String,
}

impl Experiment {
    /// An experiment without scenes.
    pub fn new(id: &str, title: &str) -> Self {
        Self { id: id.into(), title: title.into(), scenes: Vec::new(), listed: true }
    }

    /// Leaves it out of the front page; its address works all the same.
    pub fn unlisted(mut self) -> Self {
        self.listed = false;
        self
    }

    /// Adds a scene.
    pub fn scene(mut self, scene: impl Into<Scene>) -> Self {
        self.scenes.push(scene.into());
        self
    }

    /// Finds what is wrong with the configuration; costs one environment reset and one policy load a seat.
    pub fn check(&self) -> Result<(), ConfigError> {
        let fail = |scene: &str, option, why: String| {
            Err(ConfigError { experiment: self.id.clone(), scene: scene.into(), option, why })
        };
        if !is_id(&self.id) {
            return fail("", "id", format!("{:?} must be letters, digits, _ and -", self.id));
        }
        let mut ids = BTreeSet::new();
        for scene in &self.scenes {
            if !is_id(scene.id()) {
                return fail(scene.id(), "id", "must be letters, digits, _ and -".into());
            }
            if !ids.insert(scene.id()) {
                return fail(scene.id(), "id", "two scenes have the same id".into());
            }
            if let Scene::Start(page) | Scene::Static(page) | Scene::End(page) = scene {
                let mut asked = BTreeSet::new();
                for question in &page.questions {
                    if let Err(why) = question.check() {
                        return fail(&page.id, "ask", why);
                    }
                    if !asked.insert(&question.id) {
                        return fail(&page.id, "ask", format!("two questions have the id {:?}", question.id));
                    }
                }
                if !page.questions.is_empty() && !matches!(scene, Scene::Static(_)) {
                    let why = "nothing is recorded on the first page, and nothing is sent from the last one";
                    return fail(&page.id, "ask", why.into());
                }
            }
            if let Scene::Game(game) = scene
                && let Err((option, why)) = game.check()
            {
                return fail(&game.id, option, why);
            }
        }
        match self.scenes.as_slice() {
            [Scene::Start(_), .., Scene::End(_)] => Ok(()),
            _ => fail("", "scenes", "must begin with a start page and finish with an end page".into()),
        }
    }

    /// The scene of that id and its place.
    pub fn find(&self, id: &str) -> Option<(usize, &Scene)> {
        self.scenes.iter().enumerate().find(|(_, scene)| scene.id() == id)
    }

    /// The page of that id.
    pub fn page(&self, id: &str) -> Option<&Page> {
        match self.find(id)?.1 {
            Scene::Start(page) | Scene::Static(page) | Scene::End(page) => Some(page),
            Scene::Game(_) => None,
        }
    }

    /// The game scene of that id.
    pub fn game(&self, id: &str) -> Option<&GameScene> {
        match self.find(id)?.1 {
            Scene::Game(game) => Some(game),
            _ => None,
        }
    }
}

fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

#[cfg(test)]
mod tests {
    use envs::slime_volleyball::{Config, Move, SlimeVolleyball};

    use super::*;

    fn game() -> GameScene {
        GameScene::new::<SlimeVolleyball>("game", Config::default())
            .seat(Seat::Human)
            .seat(Seat::Random)
            .action(&["ArrowUp"], Move::Jump, "jump")
            .default_action(Move::Noop)
    }

    fn with(game: GameScene) -> Experiment {
        Experiment::new("e", "E")
            .scene(Scene::start(Page::new("start", "Hello")))
            .scene(game)
            .scene(Scene::end(Page::new("end", "Bye")))
    }

    #[test]
    fn a_right_configuration_passes() {
        assert_eq!(with(game()).check(), Ok(()));
    }

    #[test]
    fn a_wrong_option_is_named_with_its_scene() {
        let message = |game: GameScene| with(game).check().unwrap_err().to_string();
        let check = |game: GameScene, words: &[&str]| {
            let message = message(game);
            for word in ["scene \"game\""].iter().chain(words) {
                assert!(message.contains(word), "{message}");
            }
        };
        check(game().fps(61.0), &["fps", "10 to 60"]);
        check(game().fps(f32::NAN), &["fps"]);
        check(game().seat(Seat::Human), &["seats", "3 seats", "2 agents"]);
        check(game().episodes(0), &["episodes"]);
        check(game().default_action(env_sdk::ActionValue::Discrete(9)), &["default_action", "9"]);
        check(game().action(&["KeyX"], env_sdk::ActionValue::Discrete(7), ""), &["action", "7"]);
        check(game().action(&[], Move::Jump, ""), &["action", "no key"]);
        check(game().grace_ms(0), &["grace_ms"]);
        check(game().lobby_limit_ms(0), &["lobby_limit_ms"]);
        check(
            GameScene::new::<SlimeVolleyball>("game", Config { lives: 0, ..Config::default() }),
            &["environment", "lives"],
        );
        let broken =
            || Err(env_sdk::PolicyError::Load { name: "champion".into(), why: "no such file".into() });
        let game = GameScene::new::<SlimeVolleyball>("game", Config::default())
            .seat(Seat::Human)
            .seat(Seat::policy("champion", broken))
            .action(&["ArrowUp"], Move::Jump, "jump");
        check(game, &["seats", "champion", "no such file"]);
        let nobody = GameScene::new::<SlimeVolleyball>("game", Config::default())
            .seat(Seat::Random)
            .seat(Seat::Random);
        check(nobody, &["seats", "person"]);
    }

    #[test]
    fn questions_stand_on_pages_between_the_first_and_the_last_and_have_ids_of_their_own() {
        let survey = Page::new("survey", "Survey")
            .ask(Question::scale("fun", "How much fun was it?", 7))
            .ask(Question::text_area("why", "Why?").optional());
        let with = |page: Page| {
            Experiment::new("e", "E")
                .scene(Scene::start(Page::new("start", "Hello")))
                .scene(page)
                .scene(Scene::end(Page::new("end", "Bye")))
        };
        assert_eq!(with(survey.clone()).check(), Ok(()));
        let error =
            with(survey.clone().ask(Question::text_box("fun", "Fun?"))).check().unwrap_err().to_string();
        assert!(error.contains("scene \"survey\", ask") && error.contains("\"fun\""), "{error}");
        let early = Experiment::new("e", "E")
            .scene(Scene::start(Page::new("start", "Hello").ask(Question::text_box("a", "A"))))
            .scene(Scene::end(Page::new("end", "Bye")));
        assert_eq!(early.check().unwrap_err().option, "ask");

        let sent = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(id, value)| (id.to_string(), value.to_string())).collect::<Vec<_>>()
        };
        let answers = survey.accept(&sent(&[("fun", "6"), ("other", "x")])).unwrap();
        assert_eq!(answers, [("fun".to_owned(), Answer::Number(6.0))].into());
        let complaints = survey.accept(&sent(&[("why", "because")])).unwrap_err();
        assert_eq!(complaints.keys().collect::<Vec<_>>(), ["fun"]);
    }

    #[test]
    fn scenes_must_have_ids_of_their_own_and_a_start_and_an_end() {
        let twice = with(game()).scene(Scene::end(Page::new("end", "Again"))).check().unwrap_err();
        assert_eq!((twice.scene.as_str(), twice.option), ("end", "id"));
        let open = Experiment::new("e", "E").scene(game()).check().unwrap_err();
        assert_eq!(open.option, "scenes");
        assert_eq!(Experiment::new("a/b", "E").check().unwrap_err().option, "id");
    }
}
