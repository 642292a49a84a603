//! Walks through an experiment on virtual time: what a lab's `cargo test` does with each of its experiments, in seconds.
//!
//! Pages are answered with what their questions accept, and games are played by real clients in a real room. There is no
//! HTTP, no lobby and no worker here: `simulate` walks a deployment.

mod table;

use footlights_data::steps;
use footlights_env::{Agent, Rng, Stream};
use footlights_experiment::{
    Condition, Ending, Experiment, Globals, Scene,
    progress::{Assignment, Progress, ProgressError, SubmitOutcome},
};
use footlights_protocol::Outcome;

use crate::bot::DEVICE;

/// A browser that every screening accepts.
const USER_AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
/// More scenes than an experiment has: a walk that is longer goes in circles.
const MOST_SCENES: usize = 1_000;

/// A walk that came to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Walked {
    /// The levels of the factors.
    pub condition: Condition,
    /// How the participant ended.
    pub ending: Ending,
    /// The completion code, if the ending has one.
    pub code: Option<String>,
    /// The scenes, in order.
    pub scenes: Vec<String>,
    /// Ticks of all games.
    pub ticks: usize,
}

/// Why a walk came to no end.
#[derive(Debug, thiserror::Error)]
pub enum Stuck {
    /// The page accepts none of its own answers.
    #[error(
        "experiment {experiment:?}, scene {scene:?}: the page refuses answers of its own questions: {why}"
    )]
    Refused {
        /// The experiment's id.
        experiment: String,
        /// The scene's id.
        scene: String,
        /// What it says.
        why: String,
    },
    /// The scene cannot be left.
    #[error("experiment {experiment:?}, scene {scene:?}: {error}")]
    Progress {
        /// The experiment's id.
        experiment: String,
        /// The scene's id.
        scene: String,
        /// What the participant would be told.
        error: ProgressError,
    },
    /// The game does not come to an end, or fails.
    #[error("experiment {experiment:?}, scene {scene:?}: {why}")]
    Game {
        /// The experiment's id.
        experiment: String,
        /// The scene's id.
        scene: String,
        /// What happened.
        why: String,
    },
    /// There is no way to an end.
    #[error("experiment {experiment:?}: no end after {MOST_SCENES} scenes")]
    Endless {
        /// The experiment's id.
        experiment: String,
    },
}

/// Walks through an experiment once in each of its conditions. Every choice follows from `seed`. Clients simulate the
/// environments of the app that [`footlights_app::install`] was given.
///
/// # Errors
/// The first scene where a participant would be stuck, or a game that fails.
pub fn walk(experiment: &Experiment, seed: u64) -> Result<Vec<Walked>, Stuck> {
    experiment.conditions().into_iter().map(|condition| one(experiment, condition, seed)).collect()
}

fn one(experiment: &Experiment, condition: Condition, seed: u64) -> Result<Walked, Stuck> {
    let mut rng = Rng::derive(seed, Stream::Order, 0, 0);
    let mut walked = Walked {
        condition: condition.clone(),
        ending: Ending::Completed,
        code: None,
        scenes: Vec::new(),
        ticks: 0,
    };
    let mut progress = Progress::default();
    let assignment = Assignment { condition, seed };
    let stuck = |scene: &str| {
        let (experiment, scene) = (experiment.id.clone(), scene.to_owned());
        move |error| Stuck::Progress { experiment, scene, error }
    };
    let first = progress.current(experiment).map(|scene| scene.id().to_owned()).unwrap_or_default();
    progress.begin(experiment, &first, assignment, Globals::new()).map_err(stuck(&first))?;
    walked.scenes.push(first);
    for _ in 0..MOST_SCENES {
        let Some(scene) = progress.current(experiment) else { break };
        let id = scene.id().to_owned();
        walked.scenes.push(id.clone());
        if let Some(ending) = progress.ending(experiment).filter(|_| scene.is_last()) {
            (walked.ending, walked.code) = (ending, progress.code(experiment));
            return Ok(walked);
        }
        let sent = match scene {
            Scene::Game(game) => {
                let failed = |why| Stuck::Game { experiment: experiment.id.clone(), scene: id.clone(), why };
                let (info, verdict, record) =
                    table::play(game.as_ref().clone(), rng.next_u64()).map_err(&failed)?;
                if verdict.outcome == Outcome::Failed {
                    return Err(failed("the game failed; its events say why".into()));
                }
                walked.ticks += record.rows.len();
                for agent in game.human_agents() {
                    steps::csv(game, &info, agent, &record).map_err(|error| failed(error.to_string()))?;
                }
                let own = game.human_agents().next().unwrap_or(Agent(0));
                if let Some(Some(seat)) = verdict.seats.get(own.index()) {
                    progress.played(seat.played(&info));
                }
                Vec::new()
            }
            _ => answers_to(scene, &mut rng),
        };
        let refused =
            |why: String| Stuck::Refused { experiment: experiment.id.clone(), scene: id.clone(), why };
        match progress.submit(experiment, &id, &sent, USER_AGENT).map_err(stuck(&id))? {
            SubmitOutcome::Retry { errors, .. } => return Err(refused(format!("{errors:?}"))),
            SubmitOutcome::Accepted(_) => {}
        }
    }
    Err(Stuck::Endless { experiment: experiment.id.clone() })
}

/// What a browser would send for the questions of a scene: right answers where there are any, and the report of a
/// computer that meets the requirements of most screenings.
fn answers_to(scene: &Scene, rng: &mut Rng) -> Vec<(String, String)> {
    let mut sent = Vec::new();
    for question in scene.questions() {
        let device =
            DEVICE.iter().find(|(name, _)| *name == question.id && matches!(scene, Scene::Screening(_)));
        let values = match (device, &question.correct) {
            (Some((_, value)), _) => vec![(*value).to_owned()],
            (None, Some(correct)) => correct.clone(),
            (None, None) => question.sample(rng),
        };
        sent.extend(values.into_iter().map(|value| (question.id.clone(), value)));
    }
    sent
}

#[cfg(test)]
mod tests {
    use footlights_env::{ActionValue, Policy, PolicyError};
    use footlights_environments::slime_volleyball::{Config, SlimeVolleyball};
    use footlights_experiment::{GameScene, Page, Seat};

    use super::*;

    struct Broken;

    impl Policy for Broken {
        fn act(&mut self, _: &[f32], _: &mut Rng) -> Result<ActionValue, PolicyError> {
            Err(PolicyError::Act { name: "broken".into(), why: "it never decides".into() })
        }
    }

    fn against(computer: Seat) -> Experiment {
        let config = Config { max_steps: 90, ..Config::default() };
        let game = GameScene::new::<SlimeVolleyball>("game", config).seat(Seat::Human).seat(computer);
        Experiment::new("against", "Against the computer")
            .scene(Scene::start(Page::new("start", "Start")))
            .scene(game)
            .scene(Scene::end(Page::new("end", "End")))
    }

    #[test]
    fn a_walk_plays_the_games_on_its_way_to_the_end() {
        let walks = walk(&against(Seat::Random), 1).unwrap();
        assert_eq!(walks.len(), 1);
        assert!(walks[0].ticks > 0, "{walks:?}");
        assert_eq!((walks[0].ending, walks[0].scenes.last().unwrap().as_str()), (Ending::Completed, "end"));
    }

    #[test]
    fn a_policy_that_fails_is_named_with_its_game() {
        let stuck = walk(&against(Seat::policy("broken", || Ok(Box::new(Broken)))), 1).unwrap_err();
        let why = stuck.to_string();
        assert!(why.contains("scene \"game\": policy_failed") && why.contains("it never decides"), "{why}");
    }
}
