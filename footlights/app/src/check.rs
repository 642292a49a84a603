//! Finds what is wrong with an app, so that one wrong experiment takes down itself and no other.

use std::collections::{BTreeMap, BTreeSet};

use footlights_env::{Agent, PolicyError, model_files, model_files::ModelFiles};
use footlights_experiment::{ConfigError, DropoutRule, Experiment, GameScene, make_policy};

use crate::App;

/// What is wrong with an experiment of an app. It is not served; the others are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// An option of the experiment.
    #[error("{0}")]
    Config(ConfigError),
    /// An experiment that was added before has the same id.
    #[error("experiment {0:?}: another experiment has the same id")]
    SameId(String),
    /// Browsers could not simulate the game, nor a replay be played again.
    #[error(
        "experiment {experiment:?}, scene {scene:?}: the app has no environment {environment:?}; add it in `app()` with `.environment::<…>()`"
    )]
    MissingEnvironment {
        /// The experiment's id.
        experiment: String,
        /// The scene's id.
        scene: String,
        /// The environment's id.
        environment: String,
    },
}

/// The experiments of an app: those that can be served, and those that cannot.
#[derive(Default)]
pub struct Checked {
    /// What is right, in the order of the front page.
    pub served: Vec<Experiment>,
    /// The ids of what is wrong, and why.
    pub refused: Vec<(String, Problem)>,
    /// The games that play models, by the ids of the experiment and the scene, with the files of those. A model that the
    /// lab loads in another way is seen only by a build without their runtime, and has no file.
    pub models: BTreeMap<(String, String), ModelFiles>,
    /// Those among them that participants' browsers load.
    pub public_models: ModelFiles,
    /// The files of the models that people can watch.
    pub watched_models: ModelFiles,
    /// Whether one of those is a model that this build cannot load.
    pub watching_needs_runtime: bool,
}

impl App {
    /// Makes and checks every experiment. This resets each environment a few times, and makes each policy twice. It loads
    /// no [`ModelFile`](https://docs.rs/footlights-onnx): whether a model fits is found by a build, and where it plays.
    #[must_use]
    pub fn check(&self) -> Checked {
        let mut checked = Checked::default();
        let mut ids = BTreeSet::new();
        for experiment in self.experiments() {
            let id = experiment.id.clone();
            let same = !ids.insert(id.clone());
            let check = || model_files::used_by(|| self.check_one(&experiment)).0;
            let found = if same { Err(Problem::SameId(id.clone())) } else { check() };
            match found {
                Ok(()) => {
                    for game in experiment.games() {
                        let (lacks_runtime, models) = model_files::used_by(|| needs_runtime(game));
                        if game.policies_in_browser() {
                            checked.public_models.extend(models.clone());
                        }
                        if lacks_runtime || !models.is_empty() {
                            checked.models.insert((id.clone(), game.id.clone()), models);
                        }
                    }
                    checked.served.push(experiment);
                }
                Err(problem) => checked.refused.push((id, problem)),
            }
        }
        let (lack, models) = model_files::used_by(|| {
            let made = self.checkpoints().into_iter().map(|checkpoint| checkpoint.policy());
            // Every one is made: its files are noted.
            made.filter(|made| matches!(made, Err(PolicyError::NoRuntime { .. }))).count() > 0
        });
        checked.watching_needs_runtime = lack || !models.is_empty();
        checked.watched_models = models;
        checked
    }

    fn check_one(&self, experiment: &Experiment) -> Result<(), Problem> {
        footlights_data::validate(experiment).map_err(Problem::Config)?;
        let missing = |game: &&GameScene| self.registry().get(game.environment.id).is_err();
        match experiment.games().find(missing) {
            None => Ok(()),
            Some(game) => Err(Problem::MissingEnvironment {
                experiment: experiment.id.clone(),
                scene: game.id.clone(),
                environment: game.environment.id.to_owned(),
            }),
        }
    }
}

/// Whether a policy of the game is a model that this build cannot load.
fn needs_runtime(game: &GameScene) -> bool {
    let Ok(sim) = game.environment.make() else { return false };
    let replacement = match &game.attendance.on_dropout {
        DropoutRule::Replace(seat) => Some(seat),
        DropoutRule::End | DropoutRule::Void => None,
    };
    // Every policy is made: its files are noted.
    let lacks = |(agent, seat)| {
        matches!(make_policy(seat, Agent(agent), sim.as_ref()), Err(PolicyError::NoRuntime { .. }))
    };
    (0..=u8::MAX).zip(game.seats.iter().chain(replacement)).filter(|place| lacks(*place)).count() > 0
}

#[cfg(test)]
mod tests {
    use footlights_environments::mountain_car::{Config, MountainCar};
    use footlights_experiment::prelude::*;

    use super::*;

    fn right() -> Experiment {
        Experiment::new("right", "Right")
            .scene(Scene::start(Page::new("start", "Start")))
            .scene(GameScene::new::<MountainCar>("game", Config::default()).seat(Seat::Human))
            .scene(Scene::end(Page::new("end", "End")))
    }

    fn without_an_end() -> Experiment {
        Experiment::new("endless", "Endless").scene(Scene::start(Page::new("start", "Start")))
    }

    fn ids(checked: &Checked) -> (Vec<&str>, Vec<&str>) {
        let served = checked.served.iter().map(|experiment| experiment.id.as_str()).collect();
        (served, checked.refused.iter().map(|(id, _)| id.as_str()).collect())
    }

    #[test]
    fn a_wrong_experiment_is_refused_and_the_others_are_served() {
        let app = App::new().environment::<MountainCar>().experiment(without_an_end).experiment(right);
        let checked = app.check();
        assert_eq!(ids(&checked), (vec!["right"], vec!["endless"]));
        let why = checked.refused[0].1.to_string();
        assert!(why.starts_with("experiment \"endless\", scene"), "{why}");
    }

    #[test]
    fn the_second_of_two_experiments_with_one_id_is_refused() {
        let app = App::new().environment::<MountainCar>().experiment(right).experiment(right);
        let checked = app.check();
        assert_eq!(ids(&checked), (vec!["right"], vec!["right"]));
        assert_eq!(checked.refused[0].1, Problem::SameId("right".into()));
    }

    #[test]
    fn a_game_whose_environment_was_not_added_is_refused() {
        let checked = App::new().experiment(right).check();
        assert_eq!(ids(&checked), (vec![], vec!["right"]));
        let why = checked.refused[0].1.to_string();
        assert!(why.contains("mountain-car-v0") && why.contains("\"game\""), "{why}");
    }
}
