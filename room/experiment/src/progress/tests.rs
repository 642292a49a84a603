//! One participant on their way through an experiment.

use footlights_environments::mountain_car::{Config, MountainCar, Push};

use super::*;
use crate::{
    Block, Completion, Device, Factor, GameScene, Page, Question, Requirement, Screening, Seat, Transition,
};

const DESKTOP: &str = "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0 Safari/537.36";

fn game(id: &str) -> GameScene {
    GameScene::new::<MountainCar>(id, Config::default()).seat(Seat::Human).action(
        &["ArrowLeft"],
        Push::Left,
        "left",
    )
}

fn experiment() -> Experiment {
    Experiment::new("e", "E")
        .scene(Scene::start(Page::new("start", "Hello")))
        .scene(Screening::new("screening").devices(&[Device::Desktop]).message(Requirement::Device, "No."))
        .scene(
            Page::new("check", "Check")
                .ask(Question::multiple_choice("goal", "Goal?", &["left", "right"]).correct(&["right"]))
                .attempts(2, Transition::End),
        )
        .scene(game("game").on(Outcome::PartnerLeft, Transition::Goto("survey".into()), Ending::PartnerLeft))
        .factor(
            Factor::new("tone")
                .level("kind", Block::new().scene(Page::new("kind", "K")))
                .level("stern", Block::new().scene(Page::new("stern", "S"))),
        )
        .scene(Page::new("survey", "Survey").ask(Question::number_input("age", "Age", 18.0, 99.0)))
        .scene(Scene::completion_code(Page::new("end", "Bye")))
        .completion(
            Completion::new()
                .generated_code(Ending::Completed)
                .code(Ending::FailedCheck, "CHECK")
                .code(Ending::ScreenedOut, "OUT")
                .code(Ending::PartnerLeft, "LEFT")
                .redirect("https://example.org/done"),
        )
}

fn sent(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(id, value)| (id.to_string(), value.to_string())).collect()
}

fn device() -> Vec<(String, String)> {
    sent(&[("window_width", "1280"), ("window_height", "800"), ("ping_ms", "20"), ("touch", "false")])
}

fn begun(experiment: &Experiment, arm: &str) -> Progress {
    let mut progress = Progress::default();
    let condition = Condition::from([("tone".to_owned(), arm.to_owned())]);
    progress.begin(experiment, "start", Assignment { condition, seed: 9 }, Globals::new()).unwrap();
    progress
}

fn played(scene: &str, outcome: Outcome) -> GameResult {
    GameResult {
        scene: scene.into(),
        outcome,
        game: "g1".into(),
        score: 3.0,
        globals: Globals::new(),
        condition: Default::default(),
    }
}

fn accepted(
    progress: &mut Progress,
    experiment: &Experiment,
    scene: &str,
    with: &[(String, String)],
) -> Submission {
    match progress.submit(experiment, scene, with, DESKTOP).unwrap() {
        SubmitOutcome::Accepted(submission) => submission,
        again => panic!("{again:?}"),
    }
}

fn at_the_game(experiment: &Experiment) -> Progress {
    let mut progress = begun(experiment, "stern");
    accepted(&mut progress, experiment, "screening", &device());
    accepted(&mut progress, experiment, "check", &sent(&[("goal", "right")]));
    progress
}

#[test]
fn scenes_come_in_order_and_a_game_must_be_saved_first() {
    let experiment = experiment();
    assert_eq!(experiment.validate(), Ok(()));
    let mut progress = at_the_game(&experiment);
    assert_eq!(progress.submit(&experiment, "game", &[], ""), Err(ProgressError::NotSaved("game".into())));
    assert_eq!((progress.may_play(&experiment, "game"), progress.is_over(&experiment)), (Ok(()), None));
    progress.played(played("game", Outcome::Completed));
    assert_eq!(progress.may_play(&experiment, "game"), Err(ProgressError::Over("game".into())));
    assert_eq!(progress.is_over(&experiment), Some("game"));
    accepted(&mut progress, &experiment, "game", &[]);
    accepted(&mut progress, &experiment, "stern", &[]);
    assert_eq!(progress.ending(&experiment), None);
    let submission = accepted(&mut progress, &experiment, "survey", &sent(&[("age", "30")]));
    assert_eq!(submission.answers["age"], Answer::Number(30.0));
    assert_eq!(progress.ending(&experiment), Some(Ending::Completed));
    assert_eq!(progress.progress(&experiment), (6, 6));
    assert_eq!(progress.submit(&experiment, "end", &[], ""), Err(ProgressError::AtTheEnd));
    assert_eq!(progress.globals()["survey.age"], Answer::Number(30.0));
    assert_eq!(progress.globals()["game.score"], Answer::Number(3.0));
    assert_eq!(progress.globals()["condition.tone"], Answer::Text("stern".into()));
}

#[test]
fn what_was_drawn_survives_being_stored_and_beginning_again() {
    let experiment = experiment();
    let mut progress = begun(&experiment, "kind");
    let stored = serde_json::to_string(&progress).unwrap();
    assert_eq!(serde_json::from_str::<Progress>(&stored).unwrap(), progress);
    // A second press of the first page's button, with another draw, is an old tab's.
    let again = progress.begin(&experiment, "start", Assignment::default(), Globals::new());
    assert!(matches!(again, Err(ProgressError::NotHere { .. })));
    assert_eq!(progress.levels()["tone"], "kind");
    assert_eq!(progress.path(), ["start", "screening", "check", "game", "kind", "survey", "end"]);
}

#[test]
fn what_an_older_build_stored_is_read_under_todays_names() {
    let stored = r#"{"path":["start","check","end"],"position":1,"cell":{"tone":"kind"},"draw":9,
        "outcomes":{"game":"partner_left"},"attempts":{"check":1},
        "globals":{"arm.tone":"kind","url.arm":"a","game.score":3.0},"ended":null}"#;
    let progress: Progress = serde_json::from_str(stored).unwrap();
    assert_eq!(progress.levels()["tone"], "kind");
    assert_eq!(progress.outcome("game"), Some(Outcome::PartnerLeft));
    let globals: Vec<&str> = progress.globals().keys().map(String::as_str).collect();
    assert_eq!(globals, ["condition.tone", "game.score", "url.arm"]);
}

#[test]
fn who_fails_the_check_may_try_again_and_then_ends_with_the_code_for_it() {
    let experiment = experiment();
    let mut progress = begun(&experiment, "kind");
    accepted(&mut progress, &experiment, "screening", &device());
    let wrong = sent(&[("goal", "left")]);
    // What cannot be read does not count as an attempt.
    let unread = progress.submit(&experiment, "check", &[], DESKTOP).unwrap();
    assert!(matches!(unread, SubmitOutcome::Retry { attempts_left: Some(2), submission: None, .. }));
    match progress.submit(&experiment, "check", &wrong, DESKTOP).unwrap() {
        SubmitOutcome::Retry { errors, attempts_left: Some(1), submission: Some(submission) } => {
            assert!(errors.contains_key("goal") && submission.attempt == 1 && !submission.correct["goal"]);
        }
        other => panic!("{other:?}"),
    }
    let last = accepted(&mut progress, &experiment, "check", &wrong);
    assert_eq!((last.attempt, last.correct["goal"]), (2, false));
    assert_eq!(progress.ending(&experiment), Some(Ending::FailedCheck));
    assert_eq!(progress.code(&experiment).as_deref(), Some("CHECK"));
}

#[test]
fn who_is_screened_out_ends_with_the_reason_and_the_report_is_data() {
    let experiment = experiment();
    let mut progress = begun(&experiment, "kind");
    let phone = "Mozilla/5.0 (iPhone) Mobile Safari/604.1";
    let SubmitOutcome::Accepted(submission) =
        progress.submit(&experiment, "screening", &device(), phone).unwrap()
    else {
        panic!("refused");
    };
    assert_eq!(submission.answers["device"], Answer::Text("phone".into()));
    assert_eq!(submission.answers["verdict"], Answer::Text("device".into()));
    assert_eq!(progress.ending(&experiment), Some(Ending::ScreenedOut));
    assert_eq!(progress.ended().unwrap().message.as_deref(), Some("No."));
    assert_eq!(progress.code(&experiment).as_deref(), Some("OUT"));
}

#[test]
fn an_outcome_leads_where_the_researcher_says_and_stays_the_ending() {
    let experiment = experiment();
    let mut left = at_the_game(&experiment);
    left.played(played("game", Outcome::PartnerLeft));
    // The first report counts.
    left.played(played("game", Outcome::Completed));
    accepted(&mut left, &experiment, "game", &[]);
    assert_eq!(left.current(&experiment).unwrap().id(), "survey");
    accepted(&mut left, &experiment, "survey", &sent(&[("age", "20")]));
    assert_eq!(left.ending(&experiment), Some(Ending::PartnerLeft));
    assert_eq!(left.code(&experiment).as_deref(), Some("LEFT"));
    assert_eq!(left.redirect(&experiment), Some("https://example.org/done"));

    let mut alone = at_the_game(&experiment);
    alone.played(played("game", Outcome::LobbyTimeout));
    accepted(&mut alone, &experiment, "game", &[]);
    assert_eq!(alone.ending(&experiment), Some(Ending::LobbyTimeout));
    assert!(alone.ended().unwrap().message.is_some());
    assert_eq!(alone.code(&experiment), None);
}

#[test]
fn a_generated_code_stays_the_same() {
    let experiment = experiment();
    let mut progress = at_the_game(&experiment);
    progress.played(played("game", Outcome::Completed));
    accepted(&mut progress, &experiment, "game", &[]);
    accepted(&mut progress, &experiment, "stern", &[]);
    assert_eq!(progress.code(&experiment), None);
    accepted(&mut progress, &experiment, "survey", &sent(&[("age", "20")]));
    let code = progress.code(&experiment).unwrap();
    let stored: Progress = serde_json::from_str(&serde_json::to_string(&progress).unwrap()).unwrap();
    assert_eq!(stored.code(&experiment), Some(code));
}

#[test]
fn an_old_tab_cannot_skip_ahead() {
    let experiment = experiment();
    let mut progress = Progress::default();
    for scene in ["game", "end", "nothing"] {
        let ahead = progress.submit(&experiment, scene, &[], "");
        assert!(matches!(ahead, Err(ProgressError::NotHere { .. })));
        assert!(matches!(progress.may_play(&experiment, scene), Err(ProgressError::NotHere { .. })));
    }
    assert!(!progress.begun());
}

#[test]
fn a_scene_that_a_deployment_took_away_is_passed_over() {
    let full = experiment();
    let mut progress = begun(&full, "kind");
    let mut less = full.clone();
    less.steps.remove(1);
    assert_eq!(progress.current(&less).unwrap().id(), "check");
    accepted(&mut progress, &less, "check", &sent(&[("goal", "right")]));
    assert_eq!(progress.current(&less).unwrap().id(), "game");
}
