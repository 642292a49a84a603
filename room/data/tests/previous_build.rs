//! The tables that the build before this one wrote, as files: this build writes the same, but for names of columns, and
//! exports the old files under its own names.

use std::collections::BTreeMap;

use footlights_data::{
    Chunk, answers,
    column::{ColumnInfo, Table},
    csv::Rearranger,
    event::{Event, EventKind},
    events::{self, EventRow},
    identifiers::{self, IdentifierRow},
    participants,
    session::{Identifiers, SessionEvent, SessionRecord, TimedSubmission},
    steps,
};
use footlights_env::{Agent, conformance};
use footlights_environments::{
    mountain_car::{self, MountainCar, Push},
    slime_volleyball::{self, Move, SlimeVolleyball},
};
use footlights_experiment::{
    Answer, Block, DropoutRule, Ending, Execution, Experiment, Factor, GameScene, Globals, Page, Question,
    Scene, Screening, Seat, Transition,
    progress::{Assignment, GameResult, Progress, Submission},
    record::{GameInfo, ParticipantSample, SeatInfo, StepRecord},
};
use footlights_protocol::{
    EpochMs, InputDelay, KeySet, MonotonicMs, Outcome, Tick,
    timeline::ActionSource,
    wire::{RenderReport, TickReport},
};

/// Twelve random steps of a scene's first episode, with samples of its people.
fn record(scene: &GameScene) -> Chunk {
    let mut sim = scene.environment.make().unwrap();
    sim.reset(9, 0);
    let agents: Vec<Agent> = sim.spec().agents().collect();
    let mut record = Chunk::default();
    for step in 1..=12u32 {
        let actions = conformance::random_actions(sim.as_ref(), 9);
        let stepped = sim.step(&actions).unwrap();
        let mut observations = Vec::new();
        for agent in &agents {
            sim.observe(*agent, &mut observations);
        }
        let people = agents.iter().map(|agent| {
            // The second participant is out of the game after the eighth step.
            scene.seats[agent.index()].is_human().then_some(()).filter(|()| agent.0 == 0 || step <= 8)?;
            Some(ParticipantSample {
                held: KeySet(step % 4),
                client_time_ms: (step > 2).then(|| MonotonicMs(f64::from(step) * 33.25 + 0.1)),
                rtt_ms: if step > 1 { 20.5 + step as f32 / 10.0 } else { 0.0 },
                focused: step != 5,
                late: (step != 4).then_some(step % 3),
            })
        });
        record.rows.push(StepRecord {
            tick: Tick(step),
            episode: 0,
            step,
            server_time_ms: EpochMs(1_790_000_000_000) + u64::from(step) * 33,
            sources: agents
                .iter()
                .map(|agent| ActionSource::ALL[(step as usize + agent.index()) % 6])
                .collect(),
            rewards: stepped.rewards.iter().map(|reward| reward + 0.1).collect(),
            terminated: stepped.terminated.to_vec(),
            truncated: agents.iter().map(|_| step == 12).collect(),
            observations,
            digest: sim.digest().unwrap(),
            infos: Vec::new(),
            people: people.collect(),
            hooks: vec![f64::from(step) / 3.0, f64::NAN],
            state: Vec::new(),
            actions: actions.to_vec(),
        });
    }
    record.events = vec![
        Event {
            at_ms: EpochMs(1_790_000_000_033),
            tick: Tick(1),
            agent: Some(Agent(0)),
            kind: EventKind::Joined,
            detail: String::new(),
        },
        Event {
            at_ms: EpochMs(1_790_000_000_396),
            tick: Tick(12),
            agent: None,
            kind: EventKind::Finished,
            detail: "completed, \"all\"".into(),
        },
    ];
    let slow = TickReport { tick: Tick(3), predicted: false, rollback: 2, stalled_ms: 40 };
    let shown = |until, ticks, notes| RenderReport { until, ticks, input_delay: 2, notes, digest: None };
    record.shown =
        vec![(Agent(0), shown(Tick(6), 6, vec![slow])), (Agent(0), shown(Tick(10), 3, Vec::new()))];
    record.verified = vec![(Agent(0), Tick(7), true), (Agent(0), Tick(9), false)];
    record
}

fn info(scene: &GameScene) -> GameInfo {
    let seats = (0u8..).zip(&scene.seats).map(|(agent, seat)| SeatInfo {
        agent: Agent(agent),
        holder: seat.name().into(),
        subject: seat.is_human().then(|| format!("participant{agent}")),
    });
    GameInfo {
        game_id: "game1".into(),
        experiment: "golden".into(),
        scene: scene.id.clone(),
        seed: 9,
        seats: seats.collect(),
        condition: Default::default(),
        opened_at: None,
    }
}

struct Count;

impl footlights_experiment::hooks::Hooks for Count {
    fn columns(&self) -> Vec<String> {
        vec!["thirds".into(), "nothing".into()]
    }
}

fn slime(id: &str) -> GameScene {
    GameScene::new::<SlimeVolleyball>(id, slime_volleyball::Config::default())
        .action(&["ArrowUp"], Move::Jump, "jump")
        .action(&["ArrowLeft"], Move::Forward, "forward")
        .default_action(Move::Noop)
}

fn streamed() -> GameScene {
    let mut scene = slime("streamed").seat(Seat::Human).seat(Seat::Human);
    scene.attendance.on_dropout = DropoutRule::Replace(Seat::Random);
    scene.recording.hooks = Some(std::sync::Arc::new(|| Box::new(Count)));
    scene
}

fn browser() -> GameScene {
    slime("browser")
        .seat(Seat::Human)
        .seat(Seat::Random)
        .execution(Execution::Browser)
        .input_delay(InputDelay::Fixed(2))
}

fn car() -> GameScene {
    GameScene::new::<MountainCar>("car", mountain_car::Config::default())
        .seat(Seat::Human)
        .execution(Execution::Browser)
        .default_action(Push::None)
}

fn experiment() -> Experiment {
    Experiment::new("golden", "Golden")
        .parameter("group")
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
        .scene(browser())
        .scene(
            Page::new("survey", "Survey")
                .ask(Question::text_area("why", "Why?").optional())
                .ask(Question::multiple_choice("which", "Which", &["a, b", "c"]).multiple())
                .ask(Question::scale("fun", "Fun", 7).anchors("none", "much")),
        )
        .scene(Scene::completion_code(Page::new("end", "Bye")))
}

fn session() -> SessionRecord {
    let experiment = experiment();
    let mut progress = Progress::default();
    let condition = BTreeMap::from([("tone".to_owned(), "kind".to_owned())]);
    let globals = Globals::from([("url.group".to_owned(), Answer::Text("b, \"c\"".into()))]);
    progress.begin(&experiment, "start", Assignment { condition, seed: 1 }, globals).unwrap();
    progress.played(GameResult {
        scene: "browser".into(),
        outcome: Outcome::PartnerLeft,
        game: "game1".into(),
        score: -2.1,
        globals: Globals::new(),
        condition: Default::default(),
    });
    let submission =
        |scene: &str, at_ms, attempt, answers: &[(&str, Answer)], correct: &[(&str, bool)]| TimedSubmission {
            scene: scene.into(),
            at_ms: EpochMs(at_ms),
            submission: Submission {
                attempt,
                answers: answers.iter().map(|(id, answer)| ((*id).to_owned(), answer.clone())).collect(),
                correct: correct.iter().map(|(id, right)| ((*id).to_owned(), *right)).collect(),
            },
        };
    SessionRecord {
        experiment: "golden".into(),
        subject: "0123abcd".into(),
        progress,
        submissions: vec![
            submission("check", 1_000, 1, &[("goal", Answer::Text("left".into()))], &[("goal", false)]),
            submission("check", 2_500, 2, &[("goal", Answer::Text("right".into()))], &[("goal", true)]),
            submission(
                "survey",
                3_000,
                1,
                &[
                    ("which", Answer::Several(vec!["a, b".into()])),
                    ("fun", Answer::Number(7.0)),
                    ("gone", Answer::Text("two\nlines".into())),
                ],
                &[],
            ),
        ],
        events: vec![SessionEvent {
            at_ms: EpochMs(500),
            scene: "start".into(),
            kind: EventKind::Begun,
            detail: "a \"tab\", the first".into(),
        }],
        identifiers: Some(Identifiers {
            source: "prolific".into(),
            external: BTreeMap::from([("PROLIFIC_PID".to_owned(), "5f1c".to_owned())]),
            visits: Vec::new(),
            late_visits: Vec::new(),
        }),
        language: String::new(),
        begun_at_ms: EpochMs(1_790_000_000_123),
        ended_at_ms: None,
    }
}

fn identifiers() -> Vec<IdentifierRow> {
    vec![
        IdentifierRow {
            subject: "0123abcd".into(),
            source: "prolific".into(),
            external: BTreeMap::from([("PROLIFIC_PID".to_owned(), "5f1c".to_owned())]),
            visits: Vec::new(),
            code: "CODE".into(),
            ending: Ending::Completed.as_str().into(),
            begun_at: "2026-09-21T14:13:20.123Z".into(),
            ended_at: String::new(),
            games: BTreeMap::from([("browser".to_owned(), ("completed".to_owned(), 3.25))]),
        },
        IdentifierRow { subject: "4567".into(), ..IdentifierRow::default() },
    ]
}

fn event_rows() -> Vec<EventRow> {
    let scene = browser();
    let mut rows = events::of_game(&info(&scene), &record(&scene).events);
    rows.extend(events::of_session(&session()));
    rows
}

/// What this build writes, and under which columns.
fn written() -> Vec<(&'static str, Vec<u8>, Vec<ColumnInfo>)> {
    fn described<R>(table: Table<R>) -> Vec<ColumnInfo> {
        table.describe()
    }
    let experiment = experiment();
    let answers = |scene: &str| {
        let scene = experiment.find(scene).unwrap();
        answers::csv(&experiment, scene, &session()).unwrap()
    };
    let steps =
        |scene: &GameScene, agent| steps::csv(scene, &info(scene), Agent(agent), &record(scene)).unwrap();
    let columns = |scene: &GameScene| described(steps::table(scene).unwrap());
    let (streamed, browser, car) = (streamed(), browser(), car());
    vec![
        ("streamed.csv", steps(&streamed, 1), columns(&streamed)),
        ("browser.csv", steps(&browser, 0), columns(&browser)),
        ("alone.csv", steps(&car, 0), columns(&car)),
        (
            "participant.csv",
            participants::csv(&experiment, &session()).unwrap(),
            described(participants::table(&experiment)),
        ),
        ("survey.csv", answers("survey"), described(answers::table(&experiment))),
        ("check.csv", answers("check"), described(answers::table(&experiment))),
        (
            "events.csv",
            events::csv(&experiment, &event_rows()).unwrap(),
            described(events::table(&experiment)),
        ),
        (
            "identifiers.csv",
            identifiers::csv(&experiment, &identifiers()).unwrap(),
            described(identifiers::table(&experiment)),
        ),
    ]
}

fn previous(name: &str) -> Vec<u8> {
    // Asked when the test runs: two checkouts may share a target directory.
    let package = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    std::fs::read(format!("{package}/tests/previous/{name}")).unwrap()
}

/// Columns of this build that the build before did not have. A new column is named here, as the header has it; the files
/// of the build before stay as they are, and an export of them has the column empty.
const ADDED: &[(&str, &[&str])] = &[
    (
        "identifiers.csv",
        &["recruiter_id", "recruiter_study", "recruiter_session", "recruiter_parameters", "other_visits"],
    ),
    ("participant.csv", &["screening.mouse", "screening.socket"]),
    ("survey.csv", &["condition.tone"]),
    ("check.csv", &["condition.tone"]),
    ("events.csv", &["condition.tone"]),
];

fn is_added(file: &str, column: &str) -> bool {
    ADDED.iter().any(|(of, columns)| *of == file && columns.contains(&column))
}

/// A table with this value in the fields of the added columns, or without these columns.
fn with_added(file: &str, csv: &[u8], value: Option<&str>) -> Vec<u8> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(csv);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    for (place, row) in rows.iter().enumerate() {
        let fields = rows[0].iter().zip(row).filter_map(|(name, field)| match value {
            _ if !is_added(file, name) => Some(field),
            Some(_) if place == 0 => Some(field),
            _ => value,
        });
        writer.write_record(fields).unwrap();
    }
    writer.into_inner().unwrap()
}

fn split(csv: &[u8]) -> (&str, &str) {
    std::str::from_utf8(csv).unwrap().split_once('\n').unwrap()
}

#[test]
fn the_same_rows_are_written_and_headers_differ_in_named_columns_only() {
    for (name, csv, mut columns) in written() {
        columns.retain(|column| !is_added(name, &column.name));
        let (csv, previous) = (with_added(name, &csv, None), previous(name));
        let ((old, old_rows), (new, rows)) = (split(&previous), split(&csv));
        assert_eq!(rows, old_rows, "{name}");
        let (old, new): (Vec<&str>, Vec<&str>) = (old.split(',').collect(), new.split(',').collect());
        assert_eq!(old.len(), new.len(), "{name}");
        for ((old, new), column) in old.into_iter().zip(new).zip(columns) {
            assert_eq!(new, column.name, "{name}");
            assert!(old == new || column.former_names == [old], "{name}: {old} is {new} now");
        }
    }
}

#[test]
fn an_old_file_is_exported_under_todays_header() {
    for (name, csv, columns) in written() {
        for piece in [1, 7, 64, 4096] {
            let mut rearranger = Rearranger::new(columns.clone());
            let mut out = Vec::new();
            for bytes in previous(name).chunks(piece) {
                out.extend(rearranger.push(bytes).unwrap());
            }
            out.extend(rearranger.finish().unwrap());
            let expected = with_added(name, &csv, Some(""));
            assert_eq!(String::from_utf8(out).unwrap(), String::from_utf8(expected).unwrap(), "{name}");
        }
    }
}

#[test]
fn a_step_of_another_environment_is_an_error_and_not_a_row_of_gaps() {
    let scene = browser();
    let mut record = record(&scene);
    record.rows[4].observations.pop();
    let refused = steps::csv(&scene, &info(&scene), Agent(0), &record).unwrap_err().to_string();
    assert!(refused.contains("tick 5: the observations"), "{refused}");
}

#[test]
fn a_participant_of_an_older_build_is_read() {
    // As the build before stored it; `stager`, `sheets`, `sheet` and `cell` have other names now.
    let stored = include_str!("previous/session.json");
    let read: SessionRecord = serde_json::from_str(stored).unwrap();
    assert_eq!(read, session());
    // What is stored now has today's names only.
    let now = serde_json::to_string(&read).unwrap();
    for old in ["stager", "sheet", "\"cell\"", "arm.tone"] {
        assert!(stored.contains(old) && !now.contains(old), "{old}");
    }
    assert_eq!(serde_json::from_str::<SessionRecord>(&now).unwrap(), read);
}
