//! What a researcher should know of an app before a participant meets it: more than serving it needs, and slower.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use footlights_env::{
    Agent, Simulation, Surface, View, conformance, conformance::random_actions, model_files::ModelFiles,
};
use footlights_experiment::{DropoutRule, Ending, Experiment, GameScene, Scene};

use crate::App;

/// How many random ticks of a game are drawn to see what it draws.
const DRAWN_TICKS: u32 = 300;
/// Model files of more bytes than these are worth a word: a worker has at most 64 MiB with them, and each of its processes
/// 128 MB of memory for everything (<https://developers.cloudflare.com/workers/platform/limits/>).
const MANY_MODEL_BYTES: usize = 24 << 20;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Review {
    /// How many experiments there are.
    pub experiments: usize,
    /// What must be mended before anything is served.
    pub errors: Vec<String>,
    /// What may be meant.
    pub warnings: Vec<String>,
}

impl App {
    /// Looks at every experiment as a whole. Beyond [`check`](App::check): every file that is shown is in `assets`, what a
    /// game draws is declared, its environment passes the conformance kit as the game configures it, and no ending is left
    /// without a code. In a build with the runtime of models, their models fit. This plays some thousand random ticks of each
    /// game.
    #[must_use]
    pub fn review(&self, assets: &Path) -> Review {
        let checked = match caught(|| Ok(self.check())) {
            Ok(checked) => checked,
            Err(why) => {
                return Review {
                    errors: vec![format!("an experiment cannot be made: {why}")],
                    ..Review::default()
                };
            }
        };
        let mut review =
            Review { experiments: checked.served.len() + checked.refused.len(), ..Review::default() };
        review.errors.extend(checked.refused.iter().map(|(_, problem)| problem.to_string()));
        let bundled = self.registry().bundled_files();
        let mut conformed = BTreeMap::new();
        for experiment in &checked.served {
            let at = |scene: &str| format!("experiment {:?}, scene {scene:?}", experiment.id);
            // `check` loads no model; where there is a runtime for them, this does.
            let valid = || footlights_data::validate(experiment).map_err(|problem| problem.to_string());
            review.errors.extend(caught(valid).err());
            for (scene, file) in experiment.files() {
                if !bundled.contains_key(&file) && !assets.join(&file).is_file() {
                    let why = format!(
                        "{}: there is no file {:?}",
                        at(scene),
                        assets.join(&file).display().to_string()
                    );
                    review.errors.push(why);
                }
            }
            for game in experiment.games().flat_map(|game| experiment.variants(game)) {
                let game = &game;
                let environment = &game.environment;
                let config = serde_json::to_string(environment).unwrap_or_default();
                let found = conformed.entry(config).or_insert_with(|| {
                    let make = || environment.make();
                    caught(|| {
                        conformance::check_configured(environment.id, &make).map_err(|e| e.to_string())?;
                        Ok(())
                    })
                });
                let drawn =
                    || caught(|| undeclared(game)).map_err(|why| format!("{}: {why}", environment.id));
                match found.clone().and_then(|()| drawn()) {
                    Ok(undeclared) => review.errors.extend(undeclared.into_iter().map(|what| {
                        format!(
                            "{}: {} draws {what}, which the scene does not declare",
                            at(&game.id),
                            environment.id
                        )
                    })),
                    Err(why) => review.errors.push(format!("{}: {why}", at(&game.id))),
                }
            }
            review.warnings.extend(without_code(experiment));
            let divided = experiment.divided().into_iter();
            review
                .warnings
                .extend(divided.map(|divided| format!("experiment {:?}: {divided}", experiment.id)));
        }
        let models: ModelFiles = checked.models.into_values().flatten().collect();
        let bytes: usize = models.values().map(|bytes| bytes.len()).sum();
        if bytes > MANY_MODEL_BYTES {
            review.warnings.push(format!(
                "the models of all experiments are {} MiB: a worker has at most 64 MiB with them, and each of its processes 128 MB of memory",
                bytes >> 20
            ));
        }
        review
    }
}

/// What `act` finds; a panic is an error in words. Environments are the lab's own code.
fn caught<T>(act: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().map(String::as_str);
        let words = words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
        Err(format!("the code panicked: {words}"))
    })
}

/// What a random game draws or plays and its scene does not declare.
fn undeclared(game: &GameScene) -> Result<BTreeSet<String>, String> {
    let mut sim = game.environment.make().map_err(|error| error.to_string())?;
    let mut found = BTreeSet::new();
    let mut look = |sim: &dyn Simulation| {
        let agents = (0..sim.spec().agents.len()).filter_map(|k| u8::try_from(k).ok());
        for view in agents.map(|k| View::Agent(Agent(k))).chain([View::Spectator]) {
            let mut surface = Surface::new();
            sim.draw(view, &mut surface);
            found.extend(game.assets.undeclared(surface.items()));
        }
    };
    sim.reset(1, 0);
    look(sim.as_ref());
    for _ in 0..DRAWN_TICKS {
        let actions = random_actions(sim.as_ref(), 1);
        if sim.step(&actions).map_err(|error| error.to_string())?.done() {
            sim.reset(1, sim.episode() + 1);
        }
        look(sim.as_ref());
    }
    Ok(found)
}

/// The endings that participants can come to and get no code for, if others get one.
fn without_code(experiment: &Experiment) -> Option<String> {
    let codes = &experiment.completion.as_ref()?.codes;
    let mut reachable = BTreeSet::new();
    for scene in experiment.scenes() {
        match scene {
            Scene::Screening(_) => reachable.extend([Ending::ScreenedOut]),
            Scene::Game(game) => {
                reachable.extend([Ending::Left, Ending::Failed]);
                let rules = &game.attendance;
                if game.waitroom.max_concurrent_games.is_some() {
                    reachable.insert(Ending::LobbyTimeout);
                }
                if game.human_count() > 1 {
                    reachable.insert(Ending::LobbyTimeout);
                    if !matches!(rules.on_dropout, DropoutRule::Replace(_)) {
                        reachable.insert(Ending::PartnerLeft);
                    }
                }
                let mut watching = rules.latency_rule.iter().chain(&rules.attention_rule);
                if watching.any(|rule| rule.exclude.is_some()) {
                    reachable.insert(Ending::Excluded);
                }
                reachable.extend(game.transitions.iter().map(|(.., ending)| *ending));
            }
            Scene::Start(page) | Scene::Static(page) | Scene::End(page) | Scene::CompletionCode(page) => {
                reachable.extend(page.check.iter().map(|_| Ending::FailedCheck));
            }
        }
    }
    let missing: Vec<&str> =
        reachable.into_iter().filter(|ending| !codes.contains_key(ending)).map(Ending::as_str).collect();
    let (last, others) = missing.split_last()?;
    let names =
        if others.is_empty() { (*last).to_owned() } else { format!("{} and {last}", others.join(", ")) };
    Some(format!(
        "experiment {:?}: participants who end as {names} see no completion code, so they may not be paid",
        experiment.id
    ))
}

#[cfg(test)]
mod tests {
    use footlights_env::{model_files, prelude::*};
    use footlights_environments::{
        mountain_car::{Config as Hill, MountainCar},
        slime_volleyball::{Config, SlimeVolleyball},
    };
    use footlights_experiment::prelude::*;

    use super::*;

    /// A walk that goes wrong as its configuration says.
    struct Walk;

    #[derive(Debug, Clone, Default, Serialize, Deserialize)]
    struct Fault {
        draws: String,
        plays: String,
        panics_at: u32,
        beyond_bounds: bool,
    }

    #[derive(Debug, Clone, Copy, PartialEq, Eq, Discrete)]
    enum Stride {
        Stay,
        Go,
    }

    impl Environment for Walk {
        type Config = Fault;
        type State = (u32, u32);
        type Action = Stride;
        type Observation = [f32; 1];

        const ID: &'static str = "walk-v0";

        fn spec(_: &Fault) -> Spec {
            Spec {
                id: Self::ID.into(),
                agents: vec![
                    AgentSpec::new(Stride::space(), Space::uniform_box(1, 0.0, 1_000.0)).noop(Stride::Stay),
                ],
                max_steps: 100,
                reward_range: (0.0, 0.0),
                viewport: Viewport { width: 1.0, height: 1.0 },
            }
        }

        fn reset(_: &Fault, rng: &mut Rng) -> (u32, u32) {
            (0, rng.below(800))
        }

        fn step(config: &Fault, (tick, at): &mut (u32, u32), actions: &[Stride], _: &mut Rng) -> Step {
            *tick += 1;
            assert!(config.panics_at == 0 || *tick < config.panics_at, "nothing is at tick {tick}");
            *at += u32::from(actions.contains(&Stride::Go)) * if config.beyond_bounds { 1_000 } else { 1 };
            Step::solo(0.0, false)
        }

        fn observe(_: &Fault, (_, at): &(u32, u32), _: Agent) -> [f32; 1] {
            [*at as f32]
        }

        fn draw(config: &Fault, _: &(u32, u32), _: View, surface: &mut Surface) {
            surface.circle(0.5, 0.5, 0.1).id(3);
            if !config.draws.is_empty() {
                surface.image(0.0, 0.0, 1.0, 1.0, &config.draws, 0).id(1);
            }
            if !config.plays.is_empty() {
                surface.sound(&config.plays).id(2);
            }
        }
    }

    fn walk(fault: Fault) -> GameScene {
        GameScene::new::<Walk>("game", fault).seat(Seat::Human)
    }

    fn with(game: GameScene) -> Experiment {
        Experiment::new("walk", "Walk")
            .scene(Scene::start(Page::new("start", "Walk")))
            .scene(game)
            .scene(Scene::end(Page::new("end", "Thank you")))
    }

    fn review(make: impl Fn() -> Experiment + Send + Sync + 'static) -> Review {
        let app = App::new()
            .environment::<SlimeVolleyball>()
            .environment::<Walk>()
            .environment::<MountainCar>()
            .experiment(make);
        app.review(Path::new("no such folder"))
    }

    fn only_error(make: impl Fn() -> Experiment + Send + Sync + 'static) -> String {
        let review = review(make);
        assert_eq!((review.experiments, review.errors.len()), (1, 1), "{review:?}");
        review.errors[0].clone()
    }

    #[test]
    fn nothing_is_found_in_what_is_right() {
        assert_eq!(review(|| with(walk(Fault::default()))), Review { experiments: 1, ..Review::default() });
    }

    #[test]
    fn what_is_drawn_or_played_and_not_declared_is_an_error() {
        let fault = || Fault { draws: "cook".into(), plays: "bell".into(), ..Fault::default() };
        let review = review(move || with(walk(fault())));
        let told = ["the image \"cook\"", "the sound \"bell\""].map(|what| {
            format!(
                "experiment \"walk\", scene \"game\": walk-v0 draws {what}, which the scene does not declare"
            )
        });
        assert_eq!(review.errors, told);
    }

    #[test]
    fn a_file_that_does_not_exist_is_an_error_with_its_path() {
        let why = only_error(|| with(walk(Fault::default()).sound("bell", "bell.mp3")));
        assert!(why.starts_with("experiment \"walk\", scene \"game\": there is no file"), "{why}");
        assert!(why.contains("no such folder") && why.contains("bell.mp3"), "{why}");
    }

    #[test]
    fn an_environment_that_breaks_its_word_as_a_game_configures_it_is_an_error() {
        let why = only_error(|| with(walk(Fault { beyond_bounds: true, ..Fault::default() })));
        assert!(
            why.starts_with("experiment \"walk\", scene \"game\": ") && why.contains("outside the space"),
            "{why}"
        );
    }

    #[test]
    fn a_panic_of_the_labs_code_is_an_error_in_its_words() {
        let why = only_error(|| with(walk(Fault { panics_at: 50, ..Fault::default() })));
        assert!(why.contains("the code panicked: nothing is at tick 50"), "{why}");
        let review = review(|| panic!("there is no such stimulus"));
        assert_eq!(
            review.errors,
            ["an experiment cannot be made: the code panicked: there is no such stimulus"]
        );
    }

    #[test]
    fn models_that_may_not_fit_into_a_deployment_are_a_warning() {
        static LARGE: [u8; 13 << 20] = [0; 13 << 20];
        fn play(file: &'static str) -> Result<Box<dyn Policy>, PolicyError> {
            model_files::note(file, &LARGE);
            Err(PolicyError::NoRuntime { name: file.into() })
        }
        let games = |files: &'static [&'static str]| {
            move || {
                let start = Scene::start(Page::new("start", "Walk"));
                let games = files.iter().zip(["one", "two", "three"]).map(|(file, id)| {
                    GameScene::new::<Walk>(id, Fault::default())
                        .seat(Seat::Human)
                        .on_dropout(DropoutRule::Replace(Seat::policy("model", || play(file))))
                });
                let experiment = Experiment::new("walk", "Walk").scene(start);
                let experiment = games.fold(experiment, Experiment::scene);
                experiment.scene(Scene::end(Page::new("end", "Thank you")))
            }
        };
        // A file that is played twice is there once.
        assert_eq!(review(games(&["a", "b", "a"])).warnings.len(), 1);
        assert_eq!(review(games(&["a", "a", "a"])).warnings, Vec::<String>::new());
    }

    #[test]
    fn a_treatment_that_divides_those_who_could_play_together_is_a_warning() {
        let make = |unit| {
            move || {
                let game = GameScene::new::<SlimeVolleyball>("game", Config::default())
                    .seat(Seat::Human)
                    .seat(Seat::Human)
                    .varied("lives", |game, level| {
                        let lives = if level == "one" { 1 } else { 5 };
                        game.config::<SlimeVolleyball>(Config { lives, ..Config::default() })
                    });
                Experiment::new("walk", "Walk")
                    .factor(Factor::new("lives").value("one").value("five").per(unit))
                    .scene(game)
            }
        };
        let of = |unit| {
            let pages = |inner: Experiment| {
                let mut whole =
                    Experiment::new("walk", "Walk").scene(Scene::start(Page::new("start", "Walk")));
                whole.steps.extend(inner.steps);
                whole.scene(Scene::end(Page::new("end", "Thank you")))
            };
            let made = make(unit);
            let Review { errors, warnings, .. } = review(move || pages(made()));
            assert_eq!(errors, Vec::<String>::new());
            warnings.len()
        };
        assert_eq!((of(Unit::Person), of(Unit::Group)), (1, 0));
    }

    #[test]
    fn an_ending_without_a_code_is_a_warning_where_others_have_one() {
        let hill = || GameScene::new::<MountainCar>("game", Hill::default()).seat(Seat::Human);
        let one = Completion::new().generated_code(Ending::Completed);
        let warned = |completion: Completion| {
            let make = move || {
                Experiment::new("walk", "Walk")
                    .completion(completion.clone())
                    .scene(Scene::start(Page::new("start", "Walk")))
                    .scene(hill())
                    .scene(Scene::completion_code(Page::new("end", "Thank you")))
            };
            let Review { errors, warnings, .. } = review(make);
            assert_eq!(errors, Vec::<String>::new());
            warnings
        };
        assert_eq!(
            warned(one.clone()),
            [
                "experiment \"walk\": participants who end as left and failed see no completion code, so they may not be paid"
            ]
        );
        let every = one.generated_code(Ending::Left).generated_code(Ending::Failed);
        assert_eq!(warned(every), Vec::<String>::new());
    }
}
