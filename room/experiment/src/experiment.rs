//! An experiment: an ordered list of scenes.

use std::borrow::Cow;

use footlights_protocol::words::Words;
use serde::Serialize;

use crate::{
    answer::Globals,
    condition::{Condition, global_of},
    ending::Completion,
    game::GameScene,
    language::{self, ENGLISH, OwnWords},
    page::Page,
    plan::{self, Block, Element, Factor, Unit},
    recruiter::{self, Recruiter, Retake, Returning},
    scene::Scene,
};

/// The global by which a session is known: the parameter `session` of the address.
pub const SESSION: &str = "url.session";

/// What a researcher configures and participants go through: an ordered list of scenes.
///
/// ```
/// use footlights_environments::mountain_car::{Config, MountainCar, Push};
/// use footlights_experiment::{Experiment, GameScene, Page, Question, Scene, Seat};
///
/// let drive = GameScene::new::<MountainCar>("drive", Config::default())
///     .seat(Seat::Human)
///     .action(&["ArrowLeft"], Push::Left, "left")
///     .action(&["ArrowRight"], Push::Right, "right")
///     .default_action(Push::None);
/// let experiment = Experiment::new("hill", "Drive up the hill")
///     .scene(Scene::start(Page::new("consent", "Welcome").button("I agree to take part")))
///     .scene(drive)
///     .scene(Page::new("survey", "Survey").ask(Question::scale("effort", "How hard was it?", 7)))
///     .scene(Scene::end(Page::new("end", "Thank you").text("You scored {drive.score} points.")));
/// assert_eq!(experiment.validate(), Ok(()));
/// ```
#[derive(Clone, Serialize)]
#[must_use]
#[non_exhaustive]
pub struct Experiment {
    /// The experiment's name in addresses and in the data: 1 to 64 letters, digits, `_` and `-`.
    pub id: String,
    /// What participants read above every page.
    pub title: String,
    /// What the experiment is about, in a sentence or two, for the codebook.
    pub description: String,
    /// What participants go through, in order.
    pub steps: Vec<Element>,
    /// The completion codes, if participants get one.
    pub completion: Option<Completion>,
    /// Parameters of the address that become globals, as `url.name`.
    pub parameters: Vec<String>,
    /// Recruiters of the lab's own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub recruiters: Vec<Recruiter>,
    /// For what somebody who took part is a new participant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub retakes: Vec<Retake>,
    /// What happens to who comes back with another session of the recruiter.
    #[serde(skip_serializing_if = "Returning::is_usual")]
    pub returning: Returning,
    /// Whether the front page lists the experiment.
    pub listed: bool,
    /// Whether participants can have their data deleted on the last page.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub withdrawal: bool,
    /// The language of its texts: a BCP 47 tag.
    pub language: String,
    /// What it says in words of its own, by the English sentence.
    #[serde(serialize_with = "own_words", skip_serializing_if = "has_no_words")]
    pub(crate) words: OwnWords,
    /// The same experiment in other languages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub translations: Vec<Experiment>,
}

fn own_words<S: serde::Serializer>(words: &OwnWords, serializer: S) -> Result<S::Ok, S::Error> {
    words.table.serialize(serializer)
}

fn has_no_words(words: &OwnWords) -> bool {
    words.table.is_empty()
}

impl Experiment {
    /// An experiment without scenes.
    pub fn new(id: &str, title: &str) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            description: String::new(),
            steps: Vec::new(),
            completion: None,
            parameters: Vec::new(),
            recruiters: Vec::new(),
            retakes: Vec::new(),
            returning: Returning::default(),
            listed: true,
            withdrawal: false,
            language: ENGLISH.into(),
            words: OwnWords::default(),
            translations: Vec::new(),
        }
    }

    /// The language of the experiment's texts, as a BCP 47 tag such as `de` or `pt-BR`; English without this. Everything
    /// that Footlights itself says is in that language then. Arabic, Chinese, Dutch, French, German, Hebrew, Japanese and
    /// Spanish are there; for any other language, give every sentence by [`words_from`](Self::words_from).
    ///
    /// ```
    /// use footlights_experiment::{Experiment, Page, Scene};
    /// use footlights_protocol::words::texts;
    ///
    /// let study = Experiment::new("studie", "Eine Studie")
    ///     .language("de")
    ///     .word("Continue", "Weiter geht es")
    ///     .scene(Scene::start(Page::new("start", "Willkommen")))
    ///     .scene(Scene::end(Page::new("end", "Danke")));
    /// assert_eq!(study.validate(), Ok(()));
    /// assert_eq!(study.words().get(texts::CONTINUE), "Weiter geht es");
    /// assert_eq!(study.words().get(texts::YOU_WON), "Sie haben gewonnen");
    /// ```
    pub fn language(mut self, tag: &str) -> Self {
        self.language = tag.into();
        self.words = self.words.clone();
        self
    }

    /// Says one sentence of Footlights in words of the experiment's own: `english` is the sentence in English, names in
    /// braces included. A sentence with a number has an entry for each plural category, `{n} characters left [one]` for
    /// example.
    pub fn word(mut self, english: &str, own: &str) -> Self {
        self.words.insert(english, own);
        self
    }

    /// The same for many sentences: a JSON object from the English ones to the experiment's own, such as
    /// `include_str!("polish.json")`.
    pub fn words_from(mut self, json: &str) -> Self {
        self.words.insert_json(json);
        self
    }

    /// The same experiment in another language: only texts may differ. Participants get the language that the parameter
    /// `lang` of their address asks for, or else their browser; if the experiment is in neither, its own. The data have the
    /// language. Questions whose options have other words in the other language say by `stored_as` what the data have.
    pub fn translated(mut self, other: Experiment) -> Self {
        self.translations.push(other);
        self
    }

    /// What the experiment is about, in a sentence or two, for the codebook. Participants do not read it.
    pub fn description(mut self, words: &str) -> Self {
        self.description = words.into();
        self
    }

    /// Leaves the experiment out of the front page; its address still works.
    pub fn unlisted(mut self) -> Self {
        self.listed = false;
        self
    }

    /// Gives participants a button on the last page with which they have their data deleted, after a debriefing for example.
    /// Their completion code stays. Games that they played with others stay in the others' data.
    pub fn withdrawal(mut self) -> Self {
        self.withdrawal = true;
        self
    }

    /// Adds a scene: a [`Page`], a [`Screening`](crate::Screening), a [`GameScene`], or a marked first or last page.
    pub fn scene(mut self, scene: impl Into<Scene>) -> Self {
        self.steps.push(Element::Scene(scene.into()));
        self
    }

    /// Adds a block of scenes, which may be shuffled, cut down or repeated.
    pub fn block(mut self, block: Block) -> Self {
        self.steps.push(Element::Block(block));
        self
    }

    /// Adds a factor: each participant is assigned to one of its levels. Assignment keeps the combinations of levels
    /// balanced; see [`assignment`](crate::assignment).
    pub fn factor(mut self, factor: Factor) -> Self {
        self.steps.push(Element::Factor(factor));
        self
    }

    /// The codes that participants get on the last page, and where they go with them.
    pub fn completion(mut self, completion: Completion) -> Self {
        self.completion = Some(completion);
        self
    }

    /// Keeps a parameter of the participant's address as the global `url.name`.
    pub fn parameter(mut self, name: &str) -> Self {
        self.parameters.push(name.into());
        self
    }

    /// Adds a recruiter whose parameters Footlights does not know: a lab's own pool of people, for example.
    pub fn recruiter(mut self, recruiter: Recruiter) -> Self {
        self.recruiters.push(recruiter);
        self
    }

    /// Makes a recruiter's person a new participant for each study, session or value of a parameter. Without this, one
    /// person takes part once, and comes back to where they were.
    pub fn retake_for(mut self, retake: Retake) -> Self {
        self.retakes.push(retake);
        self
    }

    /// What happens to a person at the end who comes back with another session or submission of the recruiter, which is no
    /// retake.
    pub fn returning(mut self, returning: Returning) -> Self {
        self.returning = returning;
        self
    }

    /// The lab's own recruiters, and then those that Footlights knows.
    #[must_use]
    pub fn all_recruiters(&self) -> Vec<Recruiter> {
        self.recruiters.iter().cloned().chain(recruiter::known()).collect()
    }

    /// The sentences that participants read and that are not the experiment's own, in its language and in its words.
    #[must_use]
    pub fn words(&self) -> &Words {
        self.words.of(&self.language)
    }

    /// What is known about a participant, as they read it: an answer with words of its own in their language is those.
    #[must_use]
    pub fn shown<'a>(&self, globals: &'a Globals) -> Cow<'a, Globals> {
        let mut shown = Cow::Borrowed(globals);
        for scene in self.scenes() {
            for question in scene.page().map(|page| &page.questions).into_iter().flatten() {
                let name = format!("{}.{}", scene.id(), question.id);
                if let Some(label) = globals.get(&name).and_then(|answer| question.label_of(answer)) {
                    shown.to_mut().insert(name, label);
                }
            }
        }
        shown
    }

    /// The languages in which the experiment is written, the usual one first.
    #[must_use]
    pub fn languages(&self) -> Vec<&str> {
        self.all_languages().map(|experiment| experiment.language.as_str()).collect()
    }

    /// The experiment in each of its languages.
    pub(crate) fn all_languages(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.translations)
    }

    /// The experiment in that language; in its usual one where it is not written in that language.
    pub fn in_language(&self, language: &str) -> &Self {
        self.all_languages().find(|experiment| experiment.language == language).unwrap_or(self)
    }

    /// The language of the experiment that suits a person best, by the languages that they ask for: a parameter of the
    /// address, or else what their browser sends as `Accept-Language` (RFC 9110, section 12.5.4; RFC 4647, section 3.4).
    ///
    /// ```
    /// use footlights_experiment::Experiment;
    ///
    /// let german = Experiment::new("study", "Eine Studie").language("de");
    /// let study = Experiment::new("study", "A study").translated(german);
    /// assert_eq!(study.language_for(None, "de-AT,de;q=0.9,en;q=0.8"), "de");
    /// assert_eq!(study.language_for(Some("en"), "de"), "en");
    /// assert_eq!(study.language_for(None, "ja"), "en");
    /// ```
    #[must_use]
    pub fn language_for(&self, asked: Option<&str>, accept_language: &str) -> &str {
        let known = self.languages();
        let asked = asked.and_then(|asked| language::best(&known, asked));
        let found = asked
            .or_else(|| language::preferred(accept_language).find_map(|tag| language::best(&known, tag)));
        found.unwrap_or(&self.language)
    }

    /// Every scene that any participant may see, in the order in which they are written.
    #[must_use]
    pub fn scenes(&self) -> Vec<&Scene> {
        plan::scenes(&self.steps)
    }

    /// The games among the scenes.
    pub fn games(&self) -> impl Iterator<Item = &GameScene> {
        self.scenes().into_iter().filter_map(|scene| match scene {
            Scene::Game(game) => Some(game.as_ref()),
            _ => None,
        })
    }

    /// Every file among the assets that a scene shows, with the id of the scene.
    pub fn files(&self) -> impl Iterator<Item = (&str, String)> {
        self.scenes().into_iter().flat_map(|scene| {
            let files: Vec<String> = match scene {
                Scene::Game(game) => game.assets.all_files().map(str::to_owned).collect(),
                scene => scene.page().map(Page::files).unwrap_or_default(),
            };
            files.into_iter().map(|file| (scene.id(), file))
        })
    }

    /// The names of the factors and of their levels, in the order in which they are written.
    #[must_use]
    pub fn factors(&self) -> Vec<(String, Vec<String>)> {
        let names = |factor: &Factor| factor.levels.iter().map(|(name, _)| name.clone()).collect();
        plan::factors(&self.steps).into_iter().map(|factor| (factor.name.clone(), names(factor))).collect()
    }

    /// Every combination of levels; a single empty one if there are no factors.
    #[must_use]
    pub fn conditions(&self) -> Vec<Condition> {
        plan::conditions(&self.steps)
    }

    /// The factor of that name.
    pub(crate) fn find_factor(&self, name: &str) -> Option<&Factor> {
        plan::factors(&self.steps).into_iter().find(|factor| factor.name == name)
    }

    /// The factors that vary a game and whose levels are drawn when its group is made.
    fn drawn_for<'a>(&'a self, game: &'a GameScene) -> impl Iterator<Item = &'a Factor> {
        let varied = game.varied_by().filter_map(|name| self.find_factor(name));
        varied.filter(|factor| factor.unit != Unit::Person)
    }

    /// Every combination of levels of `unit` that must be drawn for a group whose members have the levels `known` already; a
    /// single empty one if none must be.
    #[must_use]
    pub fn undrawn(&self, game: &GameScene, unit: Unit, known: &Condition) -> Vec<Condition> {
        let drawn = self.drawn_for(game).filter(|factor| factor.unit == unit);
        plan::crossed(drawn.filter(|factor| !known.contains_key(&factor.name)))
    }

    /// Whether a level of the game belongs to a whole session.
    #[must_use]
    pub fn is_varied_by_session(&self, game: &GameScene) -> bool {
        self.drawn_for(game).any(|factor| factor.unit == Unit::Session)
    }

    /// The globals in which those who play a game together must be alike: the levels that vary it, as far as they have them,
    /// and the session where levels belong to one.
    #[must_use]
    pub fn must_share(&self, game: &GameScene) -> Vec<String> {
        let session = self.is_varied_by_session(game).then(|| SESSION.to_owned());
        game.varied_by().map(global_of).chain(session).collect()
    }

    /// The ids of the scenes of a participant in `condition`. The same seed draws the same order.
    #[must_use]
    pub fn draw(&self, condition: &Condition, seed: u64) -> Vec<String> {
        plan::draw(&self.steps, condition, seed)
    }

    /// The scene of that id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Scene> {
        self.scenes().into_iter().find(|scene| scene.id() == id)
    }

    /// The page of that id.
    #[must_use]
    pub fn page(&self, id: &str) -> Option<&Page> {
        self.find(id)?.page()
    }

    /// The game of that id.
    #[must_use]
    pub fn game(&self, id: &str) -> Option<&GameScene> {
        match self.find(id)? {
            Scene::Game(game) => Some(game),
            _ => None,
        }
    }
}
