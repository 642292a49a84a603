//! What is refused, and in which words.

use crate::matchmaking::{LatencyFifo, Reunion, SameAttribute};
use footlights_env::{
    Agent, AgentSpec, Discrete, Environment, Rng, Space, Spec, Step, Surface, View, Viewport,
};
use footlights_environments::{
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
    check(game().fps(61.0), &["fps", "1 to 60"]);
    check(game().fps(0.9), &["fps", "1 to 60"]);
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
    let nobody =
        GameScene::new::<SlimeVolleyball>("game", Config::default()).seat(Seat::Random).seat(Seat::Random);
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
            with_scene(Screening::new("p").message(Requirement::Ping, "{nowhere.b}").into()),
            r#"scene "p", text: no global is called {nowhere.b}"#,
        ),
        (
            waits(Waitroom::new().timeout_message("{nowhere.c}")),
            r#"scene "game", text: no global is called {nowhere.c}"#,
        ),
        (
            with_scene(page("p").text("{nowhere.a}").into()),
            r#"scene "p", text: no global is called {nowhere.a}"#,
        ),
        (with_scene(page("p").ending(Ending::Left, "x").into()), r#"scene "p", ending: only the last page"#),
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
        (
            with_game(two().time_limit(30_000)),
            r#"scene "game", time_limit: must be more than the 30000 ms that participants may take to connect"#,
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
