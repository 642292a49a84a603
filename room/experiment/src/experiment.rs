//! An experiment: an ordered list of scenes.

use serde::Serialize;

use crate::{
    ending::Completion,
    game::GameScene,
    page::Page,
    plan::{self, Block, Condition, Element, Factor},
    recruiter::{self, Recruiter, Retake, Returning},
    scene::Scene,
};

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
        }
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
