use std::collections::{BTreeMap, BTreeSet};

use footlights_environments::slime_volleyball::{Config, Move, SlimeVolleyball};
use proptest::prelude::*;

use crate::{
    answers,
    codebook::{self, configuration, dataset_description},
    column::iso8601,
    event::EventKind,
    events,
    files::{ExportTarget, FileNames, export_target, readme},
    identifiers::{self, IdentifierRow},
    participants::{self, globals_json},
    session::{Identifiers, SessionEvent, SessionRecord, TimedSubmission},
    steps, validate,
};
use footlights_experiment::{
    Answer, Block, Code, Completion, Ending, Experiment, Factor, GameScene, Globals, Page, Question, Scene,
    Screening, Seat, Transition,
    progress::{Assignment, GameResult, Progress, Submission},
};
use footlights_protocol::{EpochMs, Outcome};

fn experiment() -> Experiment {
    let game = GameScene::new::<SlimeVolleyball>("game", Config::default())
        .seat(Seat::Human)
        .seat(Seat::Random)
        .action(&["ArrowUp"], Move::Jump, "jump")
        .default_action(Move::Noop);
    Experiment::new("a_study-2", "A study")
        .parameter("group")
        .completion(Completion::new().code(Ending::Completed, "SECRET1"))
        .scene(Scene::start(Page::new("start", "Hello")))
        .scene(Screening::new("screening"))
        .scene(
            Page::new("check", "Check")
                .ask(Question::multiple_choice("goal", "Goal?", &["left", "right"]).correct(&["right"]))
                .attempts(3, Transition::End),
        )
        .factor(
            Factor::new("tone")
                .level("kind", Block::new().scene(Page::new("kind", "Kind")))
                .level("stern", Block::new().scene(Page::new("stern", "Stern"))),
        )
        .scene(game)
        .scene(
            Page::new("survey", "Survey")
                .ask(Question::text_area("why", "Why?").optional())
                .ask(Question::multiple_choice("which", "Which", &["a, b", "c"]).multiple())
                .ask(Question::scale("fun", "Fun", 7).anchors("none", "much")),
        )
        .scene(Scene::completion_code(Page::new("end", "Bye")))
}

fn submission(attempt: u32, answers: &[(&str, Answer)], correct: &[(&str, bool)]) -> Submission {
    Submission {
        attempt,
        answers: answers.iter().map(|(id, answer)| ((*id).to_owned(), answer.clone())).collect(),
        correct: correct.iter().map(|(id, right)| ((*id).to_owned(), *right)).collect(),
    }
}

fn session() -> SessionRecord {
    let experiment = experiment();
    let mut progress = Progress::default();
    let condition = BTreeMap::from([("tone".to_owned(), "kind".to_owned())]);
    let globals = Globals::from([("url.group".to_owned(), Answer::Text("b".into()))]);
    progress.begin(&experiment, "start", Assignment { condition, seed: 1 }, globals).unwrap();
    progress.played(GameResult {
        scene: "game".into(),
        outcome: Outcome::PartnerLeft,
        game: "g1".into(),
        score: -2.0,
        globals: Globals::new(),
        condition: Default::default(),
    });
    let submissions = [
        ("check", 1_000, submission(1, &[("goal", Answer::Text("left".into()))], &[("goal", false)])),
        ("check", 2_000, submission(2, &[("goal", Answer::Text("right".into()))], &[("goal", true)])),
        (
            "survey",
            3_000,
            submission(
                1,
                &[("which", Answer::Several(vec!["a, b".into()])), ("fun", Answer::Number(7.0))],
                &[],
            ),
        ),
    ];
    let answered = |(scene, at_ms, submission): (&str, u64, Submission)| TimedSubmission {
        scene: scene.into(),
        at_ms: EpochMs(at_ms),
        submission,
    };
    SessionRecord {
        experiment: "a_study-2".into(),
        subject: "0123abcd".into(),
        progress,
        submissions: submissions.map(answered).into(),
        events: vec![SessionEvent {
            at_ms: EpochMs(500),
            scene: "start".into(),
            kind: EventKind::Begun,
            detail: "a \"tab\", the first".into(),
        }],
        identifiers: Some(Identifiers {
            source: "prolific".into(),
            external: BTreeMap::from([("PROLIFIC_PID".to_owned(), "5f1cPERSON".to_owned())]),
            visits: Vec::new(),
            late_visits: Vec::new(),
        }),
        language: "de".into(),
        begun_at_ms: EpochMs(1_790_000_000_123),
        ended_at_ms: None,
    }
}

/// Rows by column name; an error if any is ragged.
fn read(bytes: &[u8]) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(bytes);
    let header = reader.headers().unwrap().clone();
    let row = |row: Result<csv::StringRecord, csv::Error>| {
        header.iter().map(str::to_owned).zip(row.unwrap().iter().map(str::to_owned)).collect()
    };
    reader.records().map(row).collect()
}

#[test]
fn times_are_iso_8601_in_utc() {
    // date -u -d @1790000000.123 +%FT%T.%3NZ
    assert_eq!(iso8601(EpochMs(1_790_000_000_123)), "2026-09-21T14:13:20.123Z");
}

#[test]
fn every_answer_and_every_attempt_is_a_row() {
    let experiment = experiment();
    let session = session();
    let check = answers::csv(&experiment, experiment.find("check").unwrap(), &session).unwrap();
    let rows = read(&check);
    let seen: Vec<_> = rows.iter().map(|row| [&row["attempt"], &row["answer"], &row["correct"]]).collect();
    assert_eq!(seen, [["1", "left", "false"], ["2", "right", "true"]]);
    assert_eq!(rows[0]["answered_at"], "1970-01-01T00:00:01Z");
    let survey = answers::csv(&experiment, experiment.find("survey").unwrap(), &session).unwrap();
    let seen: Vec<_> =
        read(&survey).iter().map(|row| (row["question_id"].clone(), row["answer"].clone())).collect();
    let expected = [("why", ""), ("which", "[\"a, b\"]"), ("fun", "7")];
    assert_eq!(seen, expected.map(|(id, answer)| (id.to_owned(), answer.to_owned())));
}

#[test]
fn a_participant_is_one_row_with_the_last_answers_and_the_games() {
    let rows = read(&participants::csv(&experiment(), &session()).unwrap());
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    for (name, value) in [
        ("subject_id", "0123abcd"),
        ("status", "running"),
        ("ending", ""),
        ("begun_at", "2026-09-21T14:13:20.123Z"),
        ("ended_at", ""),
        ("path", "start screening check kind game survey end"),
        ("condition.tone", "kind"),
        ("url.group", "b"),
        ("screening.verdict", ""),
        ("check.goal", "right"),
        ("check.attempts", "2"),
        ("game.outcome", "partner_left"),
        ("game.score", "-2"),
        ("game.game_id", "g1"),
        ("survey.why", ""),
        ("survey.which", "[\"a, b\"]"),
        ("survey.fun", "7"),
    ] {
        assert_eq!(row[name], value, "{name}");
    }
}

#[test]
fn nothing_that_is_shared_names_a_person_or_a_code() {
    let (experiment, session) = (experiment(), session());
    assert!(matches!(experiment.completion.as_ref().unwrap().codes[&Ending::Completed], Code::Fixed(_)));
    let mut shared = vec![
        String::from_utf8(participants::csv(&experiment, &session).unwrap()).unwrap(),
        String::from_utf8(events::csv(&experiment, &events::of_session(&session)).unwrap()).unwrap(),
        dataset_description(&experiment, &codebook::tables(&experiment).unwrap()).to_string(),
        configuration(&experiment, "1").to_string(),
        globals_json(&session).to_string(),
        readme(&experiment, &FileNames::new(&experiment)),
    ];
    for scene in experiment.scenes() {
        let answers = answers::csv(&experiment, scene, &session).unwrap();
        shared.push(String::from_utf8(answers).unwrap());
    }
    for text in shared {
        assert!(
            !text.contains("PERSON") && !text.contains("SECRET1") && !text.contains("PROLIFIC"),
            "{text}"
        );
    }
    let private = identifiers::csv(
        &experiment,
        &[IdentifierRow {
            subject: "0123abcd".into(),
            source: "prolific".into(),
            external: session.identifiers.unwrap().external,
            code: "SECRET1".into(),
            games: BTreeMap::from([("game".to_owned(), ("completed".to_owned(), 3.0))]),
            ..IdentifierRow::default()
        }],
    );
    let rows = read(&private.unwrap());
    assert_eq!(rows[0]["PROLIFIC_PID"], "5f1cPERSON");
    assert_eq!(rows[0]["recruiter_id"], "5f1cPERSON");
    assert_eq!(rows[0]["completion_code"], "SECRET1");
    assert_eq!((rows[0]["game.score"].as_str(), rows[0]["workerId"].as_str()), ("3", ""));
}

#[test]
fn an_identifier_cannot_be_made_a_column() {
    let why = experiment().parameter("PROLIFIC_PID").validate().unwrap_err();
    assert_eq!(why.option, "parameter");
}

#[test]
fn two_columns_of_one_name_are_refused() {
    let mut experiment = experiment();
    assert_eq!(validate(&experiment), Ok(()));
    experiment.parameters = vec!["a".into(), "a".into()];
    assert!(validate(&experiment).unwrap_err().why.contains("\"url.a\""));
}

#[test]
fn the_codebook_explains_every_column_in_words_of_its_own_kind() {
    let experiment = experiment();
    let said = dataset_description(&experiment, &codebook::tables(&experiment).unwrap());
    assert_eq!(said["@context"], "https://schema.org");
    assert_eq!(said["@type"], "Dataset");
    let variables = said["variableMeasured"].as_array().unwrap();
    let find = |id: &str| variables.iter().find(|variable| variable["propertyID"] == id).unwrap();
    assert_eq!(find("participants:survey.fun")["minValue"], 1.0);
    assert_eq!(find("participants:survey.fun")["valueReference"][1]["name"], "much");
    assert_eq!(find("participants:survey.which")["valueReference"][0]["value"], "a, b");
    assert_eq!(find("participants:condition.tone")["valueReference"][1]["value"], "stern");
    assert_eq!(find("steps/game:server_time_ms")["unitText"], "ms");
    assert_eq!(find("steps/game:observations.player_0.ball_x")["minValue"], -2.4);
    assert_eq!(find("steps/game:actions.player_0")["valueReference"][3]["name"], "jump");
    let ids: BTreeSet<_> =
        variables.iter().map(|variable| variable["propertyID"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), variables.len());
    for variable in variables {
        assert_eq!(variable["@type"], "PropertyValue");
        assert!(variable["description"].as_str().unwrap().len() > 10, "{variable}");
    }
}

#[test]
fn observations_are_named_by_labels_that_are_there_and_differ() {
    let scene = experiment().scenes().into_iter().find_map(|scene| match scene {
        Scene::Game(game) => Some(game.clone()),
        _ => None,
    });
    let scene = scene.unwrap();
    let columns = steps::table(&scene).unwrap().describe();
    let observed: Vec<_> = columns.iter().filter(|column| column.name.starts_with("observations.")).collect();
    assert_eq!(observed.len(), 24);
    assert_eq!(observed[3].name, "observations.player_0.own_vy");
    assert_eq!(observed[3].former_names, ["observations.player_0.3"]);
    assert_eq!(observed[12].name, "observations.player_1.own_x");
    assert_eq!(observed[12].former_names, ["observations.player_1.0"]);
}

#[test]
fn a_scene_may_leave_observations_out_of_its_table_and_the_codebook_says_so() {
    let mut experiment = experiment();
    let with = codebook::tables(&experiment).unwrap();
    for element in &mut experiment.steps {
        if let footlights_experiment::Element::Scene(Scene::Game(game)) = element {
            **game = game.as_ref().clone().record_observations(false);
        }
    }
    let without = codebook::tables(&experiment).unwrap();
    let find = |tables: &[codebook::TableInfo]| {
        tables.iter().find(|table| table.name == "steps/game").unwrap().clone()
    };
    let (with, without) = (find(&with), find(&without));
    assert_eq!(with.columns.len() - without.columns.len(), 24);
    assert!(without.columns.iter().all(|column| !column.name.starts_with("observations.")));
    assert!(without.description.contains("Observations are not in this table; the replays"));
    assert!(!with.description.contains("Observations"));
}

#[test]
fn the_columns_that_are_about_the_participant_are_known() {
    let own = [
        "agent",
        "client_time_ms",
        "focused",
        "input_delay_ticks",
        "keys_held",
        "late_ticks",
        "predicted",
        "rollback_ticks",
        "rtt_ms",
        "stalled_ms",
        "subject_id",
        "verified",
    ];
    assert_eq!(steps::per_participant_columns(), own.map(str::to_owned).into());
}

/// Psych-DS, FILENAME_KEYWORD_FORMATTING_ERROR: `([a-z]+-[a-zA-Z0-9]+)(_[a-z]+-[a-zA-Z0-9]+)*_data\.csv`.
fn is_psych_ds(path: &str) -> bool {
    let Some(stem) = path.rsplit('/').next().and_then(|name| name.strip_suffix("_data.csv")) else {
        return false;
    };
    stem.split('_').all(|word| {
        word.split_once('-').is_some_and(|(key, value)| {
            let key = !key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase());
            key && !value.is_empty() && value.bytes().all(|b| b.is_ascii_alphanumeric())
        })
    })
}

#[test]
fn what_is_stored_has_its_place_in_an_export() {
    let experiment = experiment();
    let names = FileNames::new(&experiment);
    let file = |key: &str| match export_target(&experiment, &names, key) {
        ExportTarget::File { path, .. } => path,
        other => format!("{other:?}"),
    };
    assert_eq!(file("game/ab.csv"), "data/steps/subject-ab_task-game_description-steps_data.csv");
    assert_eq!(file("survey/ab.csv"), "data/answers/subject-ab_task-survey_description-answers_data.csv");
    assert_eq!(file("game/ab_metadata.json"), "records/game/ab_metadata.json");
    assert_eq!(file("replays/g.msgpack"), "records/replays/g.msgpack");
    assert_eq!(file("gone/ab.csv"), "records/gone/ab.csv");
    assert_eq!(file("experiment.json"), "records/experiment.json");
    assert_eq!(file("dataset_description.json"), "Made");
    assert_eq!(file("participants/ab.csv"), "Participant");
    assert_eq!(names.participants(), "data/study-aStudy2_description-participants_data.csv");
}

proptest! {
    #[test]
    fn no_two_files_have_one_name_and_all_are_named_as_psych_ds_wants(
        scenes in prop::collection::btree_set("[aAbZz_-]{1,5}", 2..8), subjects in prop::collection::btree_set("[aZu_-]{1,5}", 2..8),
    ) {
        let mut experiment = Experiment::new("e_", "E");
        for id in &scenes {
            experiment = experiment.scene(Page::new(id, "Page"));
        }
        let names = FileNames::new(&experiment);
        let mut seen = BTreeSet::from([names.participants(), names.events()]);
        for scene in &scenes {
            for subject in &subjects {
                prop_assert!(seen.insert(names.answers(subject, scene)));
                prop_assert!(seen.insert(names.steps(subject, scene)));
            }
        }
        for path in seen {
            prop_assert!(is_psych_ds(&path), "{}", path);
        }
    }

    #[test]
    fn whatever_a_participant_writes_comes_back_from_the_tables(text in "[ -~\\n\\r\",;éß語🎭]{0,40}") {
        let experiment = experiment();
        let mut session = session();
        session.submissions[2].submission.answers.insert("why".into(), Answer::Text(text.clone()));
        let row = &read(&participants::csv(&experiment, &session).unwrap())[0];
        prop_assert_eq!(&row["survey.why"], &text);
        let survey = experiment.find("survey").unwrap();
        let rows = read(&answers::csv(&experiment, survey, &session).unwrap());
        prop_assert_eq!(&rows[0]["answer"], &text);
    }
}
