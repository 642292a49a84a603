//! An experiment: an ordered list of scenes.

use serde::Serialize;

use crate::{Block, Completion, Condition, Element, Factor, GameScene, Page, Scene, plan};

/// An ordered list of scenes.
#[derive(Clone, Serialize)]
pub struct Experiment {
    /// In addresses and in the data: letters, digits, `_` and `-`.
    pub id: String,
    /// Shown to participants.
    pub title: String,
    /// What the study is about, in a sentence; for the codebook.
    pub description: String,
    /// What participants go through.
    pub steps: Vec<Element>,
    /// The codes that participants get at the end.
    pub completion: Option<Completion>,
    /// Parameters of the address that are kept with a participant, as `url.name`.
    pub parameters: Vec<String>,
    /// Whether the front page lists it.
    pub listed: bool,
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
            listed: true,
        }
    }

    /// What the study is about, in a sentence or two; for the codebook.
    pub fn description(mut self, words: &str) -> Self {
        self.description = words.into();
        self
    }

    /// Leaves it out of the front page; its address works all the same.
    pub fn unlisted(mut self) -> Self {
        self.listed = false;
        self
    }

    /// Adds a scene.
    pub fn scene(mut self, scene: impl Into<Scene>) -> Self {
        self.steps.push(Element::Scene(scene.into()));
        self
    }

    /// Adds a block of scenes.
    pub fn block(mut self, block: Block) -> Self {
        self.steps.push(Element::Block(block));
        self
    }

    /// Adds treatment arms. Participants are assigned so that every combination of arms has as many who completed the
    /// study, or are on their way.
    pub fn factor(mut self, factor: Factor) -> Self {
        self.steps.push(Element::Factor(factor));
        self
    }

    /// The codes that participants get at the end, and where they go with them.
    pub fn completion(mut self, completion: Completion) -> Self {
        self.completion = Some(completion);
        self
    }

    /// Keeps a parameter of the participant's address, as the global `url.name`.
    pub fn parameter(mut self, name: &str) -> Self {
        self.parameters.push(name.into());
        self
    }

    /// Every scene that any participant may see, in the order in which they are written.
    pub fn scenes(&self) -> Vec<&Scene> {
        plan::scenes(&self.steps)
    }

    /// The games among them.
    pub fn games(&self) -> impl Iterator<Item = &GameScene> {
        self.scenes().into_iter().filter_map(|scene| match scene {
            Scene::Game(game) => Some(game.as_ref()),
            _ => None,
        })
    }

    /// The factors in which arms differ, and their arms, in the order in which they are written.
    pub fn factors(&self) -> Vec<(String, Vec<String>)> {
        let names = |factor: &Factor| factor.levels.iter().map(|(name, _)| name.clone()).collect();
        plan::factors(&self.steps).into_iter().map(|factor| (factor.name.clone(), names(factor))).collect()
    }

    /// Every combination of arms; one without any if there are none.
    pub fn conditions(&self) -> Vec<Condition> {
        plan::conditions(&self.steps)
    }

    /// The scenes of a participant of that condition, by id. The same seed draws the same.
    pub fn draw(&self, condition: &Condition, seed: u64) -> Vec<String> {
        plan::draw(&self.steps, condition, seed)
    }

    /// The scene of that id.
    pub fn find(&self, id: &str) -> Option<&Scene> {
        self.scenes().into_iter().find(|scene| scene.id() == id)
    }

    /// The page of that id.
    pub fn page(&self, id: &str) -> Option<&Page> {
        self.find(id)?.page()
    }

    /// The game scene of that id.
    pub fn game(&self, id: &str) -> Option<&GameScene> {
        match self.find(id)? {
            Scene::Game(game) => Some(game),
            _ => None,
        }
    }
}
