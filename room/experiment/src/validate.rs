//! Validates an experiment at start-up. An error names the scene and the option that are wrong.

use std::collections::BTreeSet;

use crate::{
    ending::{self, Transition},
    experiment::Experiment,
    id::is_id,
    plan::{self, Element},
    recruiter,
    scene::Scene,
};

/// A wrong configuration, and where it is.
///
/// ```
/// use footlights_experiment::{Experiment, Page, Question, Scene};
///
/// let error = Experiment::new("e", "An experiment")
///     .scene(Scene::start(Page::new("start", "Welcome")))
///     .scene(Page::new("survey", "Survey").ask(Question::scale("fun", "Fun?", 1)))
///     .scene(Scene::end(Page::new("end", "Thank you")))
///     .validate()
///     .unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r#"experiment "e", scene "survey", ask: question "fun": a scale has 2 to 11 points"#
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("experiment {experiment:?}, scene {scene:?}, {option}: {why}")]
pub struct ConfigError {
    /// The experiment's id.
    pub experiment: String,
    /// The scene's id; empty if the experiment itself is wrong.
    pub scene: String,
    /// The option of the builder.
    pub option: &'static str,
    /// What is wrong.
    pub why: String,
}

/// Folders and columns of the data that no scene can have; `arm` is what an older build called `condition`.
const RESERVED: [&str; 6] = ["replays", "participants", "raw", "condition", "arm", "url"];

impl Experiment {
    /// Finds the first mistake in the configuration. This resets each environment once and loads each policy once.
    ///
    /// # Errors
    /// The mistake, with its scene and its option.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let fail = |scene: &str, option, why: String| {
            Err(ConfigError { experiment: self.id.clone(), scene: scene.into(), option, why })
        };
        if !is_id(&self.id) {
            return fail("", "id", format!("{:?} must be letters, digits, _ and -", self.id));
        }
        if let Err((scene, option, why)) = plan::validate(&self.steps) {
            return fail(&scene, option, why);
        }
        let scenes = self.scenes();
        let mut ids = BTreeSet::new();
        for scene in &scenes {
            if !is_id(scene.id()) {
                return fail(scene.id(), "id", "must be letters, digits, _ and -".into());
            }
            if RESERVED.contains(&scene.id()) {
                return fail(scene.id(), "id", "is reserved for a folder or for columns of the data".into());
            }
            if !ids.insert(scene.id()) {
                return fail(scene.id(), "id", "two scenes have the same id".into());
            }
            if let Err((option, why)) = self.validate_scene(scene) {
                return fail(scene.id(), option, why);
            }
        }
        if let Some(name) = self.parameters.iter().find(|name| !is_id(name)) {
            return fail("", "parameter", format!("{name:?} must be letters, digits, _ and -"));
        }
        if let Some(name) =
            self.parameters.iter().find(|name| recruiter::parameters().any(|known| known == name.as_str()))
        {
            let why = format!(
                "{name:?} identifies a participant; Footlights keeps it already, apart from the data"
            );
            return fail("", "parameter", why);
        }
        let whole =
            |step: &Element| if let Element::Scene(scene) = step { Some(scene.clone()) } else { None };
        let (first, last) = (self.steps.first().and_then(whole), self.steps.last().and_then(whole));
        let firsts = scenes.iter().filter(|scene| matches!(scene, Scene::Start(_))).count();
        let lasts = scenes.iter().filter(|scene| scene.is_last()).count();
        let ends = matches!(first, Some(Scene::Start(_))) && last.as_ref().is_some_and(Scene::is_last);
        if !ends || firsts != 1 || lasts != 1 {
            let why = "the first scene must be a start page, the last one an end page, and there must be one of each";
            return fail("", "scenes", why.into());
        }
        match (&self.completion, last) {
            (Some(_), Some(Scene::End(page))) => fail(
                &page.id,
                "completion",
                "there are codes, but the last page is not a completion_code".into(),
            ),
            (None, Some(Scene::CompletionCode(page))) => fail(
                &page.id,
                "completion",
                "the last page shows a code, but the experiment has no completion".into(),
            ),
            (Some(completion), _) => completion.validate().or_else(|why| fail("", "completion", why)),
            (None, _) => Ok(()),
        }
    }

    fn validate_scene(&self, scene: &Scene) -> Result<(), (&'static str, String)> {
        let mut transitions: Vec<(&'static str, &Transition)> = Vec::new();
        match scene {
            Scene::Screening(screening) => screening.validate()?,
            Scene::Game(game) => {
                game.validate()?;
                transitions.extend(game.transitions.iter().map(|(_, transition, _)| ("on", transition)));
                for name in game.waitroom.needs() {
                    self.validate_name(scene, "matching", &name)?;
                }
            }
            Scene::Start(page) | Scene::Static(page) | Scene::End(page) | Scene::CompletionCode(page) => {
                page.validate()?;
                if !page.questions.is_empty() && !matches!(scene, Scene::Static(_)) {
                    let why = "the first page records nothing and the last one sends nothing, so neither can have questions";
                    return Err(("ask", why.into()));
                }
                if !page.endings.is_empty() && !scene.is_last() {
                    return Err(("ending", "only the last page knows how the participant ended".into()));
                }
                transitions.extend(page.check.iter().map(|check| ("attempts", &check.otherwise)));
                for name in page.names() {
                    self.validate_name(scene, "text", &name)?;
                }
            }
        }
        for (option, transition) in transitions {
            match transition {
                Transition::Goto(to) => {
                    let place = |id: &str| {
                        self.steps
                            .iter()
                            .position(|step| matches!(step, Element::Scene(scene) if scene.id() == id))
                    };
                    let here = self.steps.iter().position(|step| {
                        plan::scenes(std::slice::from_ref(step)).iter().any(|known| known.id() == scene.id())
                    });
                    if place(to).is_none_or(|place| here.is_some_and(|here| place <= here)) {
                        let why = format!("{to:?} is not a later scene that every participant goes through");
                        return Err((option, why));
                    }
                }
                Transition::Redirect(url) => ending::validate_url(url).map_err(|why| (option, why))?,
                Transition::Next | Transition::End => {}
            }
        }
        Ok(())
    }

    /// Whether a participant in `scene` can have a global of that name.
    fn validate_name(
        &self,
        scene: &Scene,
        option: &'static str,
        name: &str,
    ) -> Result<(), (&'static str, String)> {
        let known = match name.split_once('.') {
            Some(("url", parameter)) => self.parameters.iter().any(|known| known == parameter),
            Some(("condition", factor)) => {
                plan::factors(&self.steps).iter().any(|known| known.name == factor)
            }
            Some((earlier, what)) if earlier != scene.id() => {
                self.find(earlier).is_some_and(|earlier| match earlier {
                    Scene::Game(game) => game.globals().any(|known| known == what),
                    other => other.questions().iter().any(|question| question.id == what),
                })
            }
            _ => false,
        };
        if known {
            return Ok(());
        }
        Err((
            option,
            format!(
                "no global is called {{{name}}}; there are scene.question, scene.score, scene.outcome, condition.factor and url.name"
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use crate::matchmaking::{LatencyFifo, Reunion, SameAttribute};
    use footlights_env::{
        Agent, AgentSpec, Discrete, Environment, Rng, Space, Spec, Step, Surface, View, Viewport,
    };
    use footlights_example_environments::{
        mountain_car::{self, MountainCar, Push},
        slime_volleyball::{Config, Move, SlimeVolleyball},
    };
    use footlights_protocol::InputDelay;

    use crate::*;

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
        assert_eq!(with(game()).validate(), Ok(()));
    }

    #[test]
    fn a_wrong_option_is_named_with_its_scene() {
        let message = |game: GameScene| with(game).validate().unwrap_err().to_string();
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
        check(game().default_action(footlights_env::ActionValue::Discrete(9)), &["default_action", "9"]);
        check(
            GameScene::new::<Forgetful>("game", Hints::default()).seat(Seat::Human),
            &["default_action", "forgetful-v0 declares no action with which player_0 does nothing"],
        );
        check(game().action(&["KeyX"], footlights_env::ActionValue::Discrete(7), ""), &["action", "7"]);
        check(game().action(&[], Move::Jump, ""), &["action", "no key"]);
        check(game().grace_ms(0), &["grace_ms"]);
        check(game().waitroom(Waitroom::new().max_wait_ms(0)), &["max_wait_ms"]);
        check(
            GameScene::new::<SlimeVolleyball>("game", Config { lives: 0, ..Config::default() }),
            &["environment", "lives"],
        );
        let broken =
            || Err(footlights_env::PolicyError::Load { name: "champion".into(), why: "no such file".into() });
        let game = GameScene::new::<SlimeVolleyball>("game", Config::default())
            .seat(Seat::Human)
            .seat(Seat::policy("champion", broken))
            .action(&["ArrowUp"], Move::Jump, "jump");
        check(game, &["seats", "champion", "no such file"]);
        let nobody = GameScene::new::<SlimeVolleyball>("game", Config::default())
            .seat(Seat::Random)
            .seat(Seat::Random);
        check(nobody, &["seats", "participant"]);
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
        assert_eq!(with(survey.clone()).validate(), Ok(()));
        let error =
            with(survey.clone().ask(Question::text_box("fun", "Fun?"))).validate().unwrap_err().to_string();
        assert!(error.contains("scene \"survey\", ask") && error.contains("\"fun\""), "{error}");
        let early = Experiment::new("e", "E")
            .scene(Scene::start(Page::new("start", "Hello").ask(Question::text_box("a", "A"))))
            .scene(Scene::end(Page::new("end", "Bye")));
        assert_eq!(early.validate().unwrap_err().option, "ask");

        let sent = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(id, value)| (id.to_string(), value.to_string())).collect::<Vec<_>>()
        };
        let answers = survey.accept(&sent(&[("fun", "6"), ("other", "x")])).unwrap();
        assert_eq!(answers, [("fun".to_owned(), Answer::Number(6.0))].into());
        let errors = survey.accept(&sent(&[("why", "because")])).unwrap_err();
        assert_eq!(errors.keys().collect::<Vec<_>>(), ["fun"]);
    }

    /// Leaves out a field of its configuration where it is the default, which MessagePack's compact form cannot have.
    #[derive(Clone, Default, serde::Serialize, serde::Deserialize)]
    struct Hints {
        #[serde(skip_serializing_if = "Option::is_none")]
        first: Option<u8>,
        second: u8,
    }

    struct Forgetful;

    impl Environment for Forgetful {
        type Config = Hints;
        type State = u8;
        type Action = Move;
        type Observation = [f32; 1];

        const ID: &'static str = "forgetful-v0";

        fn spec(_: &Hints) -> Spec {
            Spec {
                id: Self::ID.into(),
                agents: vec![AgentSpec::new(Move::space(), Space::uniform_box(1, 0.0, 1.0))],
                max_steps: 10,
                reward_range: (0.0, 0.0),
                viewport: Viewport { width: 1.0, height: 1.0 },
            }
        }

        fn reset(_: &Hints, _: &mut Rng) -> u8 {
            0
        }

        fn step(_: &Hints, _: &mut u8, _: &[Move], _: &mut Rng) -> Step {
            Step::default()
        }

        fn observe(_: &Hints, _: &u8, _: Agent) -> [f32; 1] {
            [0.0]
        }

        fn draw(_: &Hints, _: &u8, _: View, _: &mut Surface) {}
    }

    /// JSON has no maps by pairs, and no word for NaN.
    struct Unwritable;

    #[derive(Clone, Default, serde::Serialize, serde::Deserialize)]
    struct Settings {
        speed: Option<f64>,
        walls: std::collections::BTreeMap<(u8, u8), u8>,
    }

    impl Environment for Unwritable {
        type Config = Settings;
        type State = u8;
        type Action = Move;
        type Observation = [f32; 1];

        const ID: &'static str = "unwritable-v0";

        fn spec(_: &Settings) -> Spec {
            let agent = AgentSpec::new(Move::space(), Space::uniform_box(1, 0.0, 1.0)).noop(Move::Noop);
            Spec { id: Self::ID.into(), agents: vec![agent], ..Forgetful::spec(&Hints::default()) }
        }

        fn reset(_: &Settings, _: &mut Rng) -> u8 {
            0
        }

        fn step(_: &Settings, _: &mut u8, _: &[Move], _: &mut Rng) -> Step {
            Step::solo(0.0, false)
        }

        fn observe(_: &Settings, _: &u8, _: Agent) -> [f32; 1] {
            [0.0]
        }

        fn draw(_: &Settings, _: &u8, _: View, _: &mut Surface) {}
    }

    #[test]
    fn a_configuration_that_cannot_be_written_down_is_refused_and_not_played_with_the_default() {
        let why = |settings: Settings| {
            let game = GameScene::new::<Unwritable>("game", settings).seat(Seat::Human);
            let error = with(game).validate().unwrap_err();
            assert_eq!(error.option, "environment");
            error.to_string()
        };
        let walls = Settings { walls: [((1, 2), 3)].into(), ..Settings::default() };
        assert!(why(walls).contains("key must be a string"));
        let not_a_number = Settings { speed: Some(f64::NAN), ..Settings::default() };
        assert!(why(not_a_number).contains("a number is not finite"));
        let game = GameScene::new::<Unwritable>("game", Settings::default()).seat(Seat::Human);
        assert_eq!(with(game).validate(), Ok(()));
    }

    #[test]
    fn without_a_choice_a_seat_does_what_the_environment_calls_nothing() {
        let car = || GameScene::new::<MountainCar>("game", mountain_car::Config::default());
        assert_eq!(car().rules().default_actions, [Some(Push::None.into())]);
        assert_eq!(car().default_action(Push::Left).rules().default_actions, [Some(Push::Left.into())]);
        let one = game().default_action_for(1, Move::Jump).rules().default_actions;
        assert_eq!(one, [Some(Move::Noop.into()), Some(Move::Jump.into())]);
    }

    #[test]
    fn the_fingerprint_is_that_of_the_scenes_configuration() {
        let of = |lives| {
            let game = GameScene::new::<SlimeVolleyball>("game", Config { lives, ..Config::default() });
            (game.environment.fingerprint().unwrap(), game.environment.default_fingerprint().unwrap())
        };
        let (one, three) = (of(1), of(3));
        assert_eq!((one.0, three.1), (one.1, one.1));
        assert_ne!(one.0, three.0);
    }

    /// The messages that a researcher reads, whole: they name experiment, scene and option.
    #[test]
    fn every_builder_says_what_is_wrong_with_it_and_where() {
        let page = |id: &str| Page::new(id, "P");
        let around = |step: Experiment| step.scene(Scene::end(page("end")));
        let start = || Experiment::new("e", "E").scene(Scene::start(page("start")));
        let with_scene = |scene: Scene| around(start().scene(scene));
        let with_game = |game: GameScene| with_scene(game.into());
        let two = || {
            GameScene::new::<SlimeVolleyball>("game", Config::default())
                .seat(Seat::Human)
                .seat(Seat::Human)
                .action(&["ArrowUp"], Move::Jump, "jump")
        };
        let waits = |waitroom: Waitroom| with_game(two().waitroom(waitroom));
        let lonely = GameScene::new::<SlimeVolleyball>("game", Config::default())
            .seat(Seat::Human)
            .seat(Seat::Random)
            .waitroom(Waitroom::new().matching(SameAttribute { global: "url.x".into() }));
        let arms = Factor::new("tone").level("kind", Block::new().scene(page("kind")));
        let cases: Vec<(Experiment, &str)> = vec![
            (
                Experiment::new("a b", "E"),
                r#"experiment "a b", scene "", id: "a b" must be letters, digits, _ and -"#,
            ),
            (
                start(),
                r#"scene "", scenes: the first scene must be a start page, the last one an end page, and there must be one of each"#,
            ),
            (
                with_scene(page("replays").into()),
                r#"scene "replays", id: is reserved for a folder or for columns of the data"#,
            ),
            (
                with_scene(page("p").ask(Question::scale("q", "Q", 1)).into()),
                r#"scene "p", ask: question "q": a scale has 2 to 11 points"#,
            ),
            (
                with_scene(page("p").text("{nowhere.a}").into()),
                r#"scene "p", text: no global is called {nowhere.a}"#,
            ),
            (
                with_scene(page("p").ending(Ending::Left, "x").into()),
                r#"scene "p", ending: only the last page"#,
            ),
            (
                with_scene(
                    page("p")
                        .ask(Question::text_box("q", "Q").correct(&["x"]))
                        .attempts(1, Transition::Goto("start".into()))
                        .into(),
                ),
                r#"scene "p", attempts: "start" is not a later scene that every participant goes through"#,
            ),
            (
                with_scene(
                    page("p")
                        .ask(Question::text_box("q", "Q").correct(&["x"]))
                        .attempts(1, Transition::Redirect("ftp".into()))
                        .into(),
                ),
                r#"scene "p", attempts: "ftp" is not an address"#,
            ),
            (
                with_scene(Screening::new("s").browsers(&["Netscape"]).into()),
                r#"scene "s", browsers: "Netscape" is not a browser"#,
            ),
            (
                with_game(two().input_delay(InputDelay::Adaptive { most: 61 })),
                r#"scene "game", input_delay: 61 ticks are more than 60"#,
            ),
            (
                with_game(two().prediction_window(601)),
                r#"scene "game", prediction_window: 601 ticks are more than 600"#,
            ),
            (
                with_game(
                    GameScene::new::<Forgetful>("game", Hints::default())
                        .seat(Seat::Human)
                        .default_action(Move::Noop)
                        .execution(Execution::Browser),
                ),
                r#"scene "game", execution: the configuration of forgetful-v0"#,
            ),
            (around(start().block(Block::new())), r#"scene "", block: a block or a level has no scenes"#),
            (
                around(start().block(Block::new().scene(page("p")).keep(2))),
                r#"scene "p", keep: the block has 1 elements, so it cannot keep 2"#,
            ),
            (
                around(start().factor(arms)),
                r#"scene "", factor: factor "tone" has 1 levels, but needs at least two"#,
            ),
            (around(start()).parameter("a b"), r#"scene "", parameter: "a b" must be letters"#),
            (
                around(start()).completion(Completion::new().code(Ending::Completed, "C")),
                r#"scene "end", completion: there are codes, but the last page is not a completion_code"#,
            ),
            (
                start().scene(Scene::completion_code(page("end"))),
                r#"scene "end", completion: the last page shows a code, but the experiment has no completion"#,
            ),
            (
                start()
                    .scene(Scene::completion_code(page("end")))
                    .completion(Completion::new().code(Ending::Left, "L")),
                r#"scene "", completion: there is no code for the ending completed"#,
            ),
            (
                with_game(two().on_dropout(DropoutRule::Replace(Seat::Human))),
                r#"scene "game", on_dropout: a participant cannot replace a participant"#,
            ),
            (
                with_game(two().latency_rule(PresenceRule::new(300.0, "w").exclude(200.0, "x"))),
                r#"scene "game", latency_rule: the time of exclusion must be later than that of the warning"#,
            ),
            (
                with_game(two().attention_rule(PresenceRule::new(0.0, "w"))),
                r#"scene "game", attention_rule: times must be more than 0"#,
            ),
            (
                with_game(two().on(footlights_protocol::Outcome::NoShow, Transition::Next, Ending::Left)),
                r#"scene "game", on: no_show has no transition"#,
            ),
            (
                with_game(two().on(
                    footlights_protocol::Outcome::PartnerLeft,
                    Transition::Goto("x".into()),
                    Ending::Left,
                )),
                r#"scene "game", on: "x" is not a later scene that every participant goes through"#,
            ),
            (waits(Waitroom::new().max_wait_ms(0)), r#"scene "game", max_wait_ms: must be at least 1"#),
            (waits(Waitroom::new().ready_check_ms(0)), r#"scene "game", ready_check_ms: must be at least 1"#),
            (
                waits(Waitroom::new().wait_jitter_ms(2, 1)),
                r#"scene "game", wait_jitter_ms: the shortest wait must not be longer than the longest"#,
            ),
            (
                waits(Waitroom::new().max_concurrent_games(0)),
                r#"scene "game", max_concurrent_games: must be at least 1"#,
            ),
            (
                waits(Waitroom::new().matching(Reunion::new("x"))),
                r#"scene "game", matching: no global is called {x.game_id}"#,
            ),
            (
                waits(Waitroom::new().matching(LatencyFifo { max_server_rtt: 0.0, max_pair_rtt: 1.0 })),
                r#"scene "game", matching: round trips must be more than 0"#,
            ),
            (
                with_game(lonely),
                r#"scene "game", matching: the game has one human seat, so there is no partner to match"#,
            ),
        ];
        for (experiment, expected) in cases {
            let message = experiment.validate().expect_err(expected).to_string();
            assert!(message.contains(expected), "{message}\n instead of\n{expected}");
        }
    }

    #[test]
    fn scenes_must_have_ids_of_their_own_and_a_start_and_an_end() {
        let twice = with(game()).scene(Scene::end(Page::new("end", "Again"))).validate().unwrap_err();
        assert_eq!((twice.scene.as_str(), twice.option), ("end", "id"));
        let open = Experiment::new("e", "E").scene(game()).validate().unwrap_err();
        assert_eq!(open.option, "scenes");
        assert_eq!(Experiment::new("a/b", "E").validate().unwrap_err().option, "id");
    }
}
