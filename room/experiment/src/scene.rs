//! One stage of an experiment.

use serde::Serialize;

use crate::{game::GameScene, page::Page, question::Question, screening::Screening};

/// One stage of an experiment. Pages, screenings and games become scenes by themselves; the first and the last page are
/// marked.
///
/// ```
/// use footlights_experiment::{Experiment, Page, Scene};
///
/// let experiment = Experiment::new("short", "A short study")
///     .scene(Scene::start(Page::new("consent", "Welcome").button("I agree to take part")))
///     .scene(Page::new("instructions", "How it works").text("There is nothing to do."))
///     .scene(Scene::end(Page::new("end", "Thank you")));
/// assert_eq!(experiment.validate(), Ok(()));
/// ```
#[derive(Clone, Serialize)]
#[must_use]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Scene {
    /// The first page. Nothing is recorded until the participant presses its button.
    Start(Page),
    /// A page of text, of questions, or of both.
    Static(Page),
    /// Admits only participants whose device and connection meet the requirements.
    Screening(Screening),
    /// A game.
    Game(Box<GameScene>),
    /// The last page.
    End(Page),
    /// The last page, with the completion code of the participant's ending.
    CompletionCode(Page),
}

impl From<Page> for Scene {
    fn from(page: Page) -> Self {
        Self::Static(page)
    }
}

impl From<Screening> for Scene {
    fn from(screening: Screening) -> Self {
        Self::Screening(screening)
    }
}

impl From<GameScene> for Scene {
    fn from(scene: GameScene) -> Self {
        Self::Game(Box::new(scene))
    }
}

impl Scene {
    /// The first page: for example the consent. Nothing is recorded until the participant presses its button.
    pub fn start(page: Page) -> Self {
        Self::Start(page)
    }

    /// The last page.
    pub fn end(page: Page) -> Self {
        Self::End(page)
    }

    /// The last page, with a code of [`Experiment::completion`](crate::Experiment::completion).
    pub fn completion_code(page: Page) -> Self {
        Self::CompletionCode(page)
    }

    /// The scene's name in addresses and in the data.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Start(page) | Self::Static(page) | Self::End(page) | Self::CompletionCode(page) => &page.id,
            Self::Screening(screening) => &screening.id,
            Self::Game(game) => &game.id,
        }
    }

    pub(crate) fn set_id(&mut self, id: String) {
        match self {
            Self::Start(page) | Self::Static(page) | Self::End(page) | Self::CompletionCode(page) => {
                page.id = id;
            }
            Self::Screening(screening) => screening.id = id,
            Self::Game(game) => game.id = id,
        }
    }

    /// The page, if the scene is one.
    #[must_use]
    pub fn page(&self) -> Option<&Page> {
        match self {
            Self::Start(page) | Self::Static(page) | Self::End(page) | Self::CompletionCode(page) => {
                Some(page)
            }
            Self::Screening(_) | Self::Game(_) => None,
        }
    }

    /// Whether the experiment ends with this scene.
    #[must_use]
    pub fn is_last(&self) -> bool {
        matches!(self, Self::End(_) | Self::CompletionCode(_))
    }

    /// The questions that the scene's form answers.
    #[must_use]
    pub fn questions(&self) -> Vec<Question> {
        match self {
            Self::Screening(_) => Screening::questions(),
            Self::Game(_) => Vec::new(),
            _ => self.page().map(|page| page.questions.clone()).unwrap_or_default(),
        }
    }

    /// The variables that the data have for this scene: its questions, and what the server adds to the answers.
    #[must_use]
    pub fn recorded(&self) -> Vec<Question> {
        let mut questions = self.questions();
        if matches!(self, Self::Screening(_)) {
            questions.extend(Screening::judged());
        }
        questions
    }
}
