//! One stage of an experiment.

use serde::Serialize;

use crate::{GameScene, Page, Question, Screening};

/// One stage of an experiment.
#[derive(Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Scene {
    /// The first page; nothing is recorded before its button is pressed.
    Start(Page),
    /// A page of text, of questions, or of both.
    Static(Page),
    /// Lets through whose device and connection do.
    Screening(Screening),
    /// A game.
    Game(Box<GameScene>),
    /// The last page.
    End(Page),
    /// The last page, with the code that stands for how the participant ended.
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
    /// The first page.
    pub fn start(page: Page) -> Self {
        Self::Start(page)
    }

    /// The last page.
    pub fn end(page: Page) -> Self {
        Self::End(page)
    }

    /// The last page, with a code of [`Experiment::completion`].
    pub fn completion_code(page: Page) -> Self {
        Self::CompletionCode(page)
    }

    /// The scene's id.
    pub fn id(&self) -> &str {
        match self {
            Self::Start(page) | Self::Static(page) | Self::End(page) | Self::CompletionCode(page) => &page.id,
            Self::Screening(screening) => &screening.id,
            Self::Game(game) => &game.id,
        }
    }

    pub(super) fn set_id(&mut self, id: String) {
        match self {
            Self::Start(page) | Self::Static(page) | Self::End(page) | Self::CompletionCode(page) => {
                page.id = id;
            }
            Self::Screening(screening) => screening.id = id,
            Self::Game(game) => game.id = id,
        }
    }

    /// The page, if it is one.
    pub fn page(&self) -> Option<&Page> {
        match self {
            Self::Start(page) | Self::Static(page) | Self::End(page) | Self::CompletionCode(page) => {
                Some(page)
            }
            Self::Screening(_) | Self::Game(_) => None,
        }
    }

    /// Whether the experiment ends here.
    pub fn is_last(&self) -> bool {
        matches!(self, Self::End(_) | Self::CompletionCode(_))
    }

    /// The questions that are answered here.
    pub fn questions(&self) -> Vec<Question> {
        match self {
            Self::Screening(_) => Screening::questions(),
            Self::Game(_) => Vec::new(),
            _ => self.page().map(|page| page.questions.clone()).unwrap_or_default(),
        }
    }

    /// What is stored as answers of this scene: its questions, and what the server adds to them.
    pub fn recorded(&self) -> Vec<Question> {
        let mut questions = self.questions();
        if matches!(self, Self::Screening(_)) {
            questions.extend(Screening::judged());
        }
        questions
    }
}
