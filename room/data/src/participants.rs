//! One row a participant: where they went and how they ended, their conditions, their last answers, their games.

use footlights_experiment::{Answer, Ending, Experiment, GameScene, Question, Scene};
use footlights_protocol::Outcome;
use serde_json::Value;

use crate::{
    column::{COUNT, Column, ColumnType, Field, LabeledValue, SUBJECT, Table, levels, subject_id},
    error::RecordError,
    levels::labeled,
    session::{SessionRecord, TimedSubmission},
};

/// One participant.
#[derive(Debug, Clone, Copy)]
pub struct ParticipantRow<'r> {
    /// What is known of the participant.
    pub session: &'r SessionRecord,
    /// How the experiment ended for the participant; `None` while it runs.
    pub ending: Option<Ending>,
}

impl<'r> ParticipantRow<'r> {
    /// A participant of an experiment.
    #[must_use]
    pub fn new(experiment: &Experiment, session: &'r SessionRecord) -> Self {
        Self { session, ending: session.progress.ending(experiment) }
    }

    /// The last submission of a scene's page.
    fn last(&self, scene: &str) -> Option<&'r TimedSubmission> {
        self.session.submissions.iter().rev().find(|page| page.scene == scene)
    }

    /// What is known by name.
    fn global(&self, name: &str) -> Field {
        self.session.progress.globals().get(name).map(Answer::to_string).into()
    }
}

/// The table of participants.
#[must_use]
pub fn table<'r>(experiment: &Experiment) -> Table<ParticipantRow<'r>> {
    let mut columns = general();
    // A study in English alone has the columns that it always had.
    if experiment.languages() != ["en"] {
        columns.push(language());
    }
    columns.extend(experiment.factors().into_iter().map(|(factor, levels)| condition(&factor, levels)));
    columns.extend(experiment.parameters.iter().map(|name| {
        let words = format!("The parameter {name} of the address by which the participant came.");
        global(format!("url.{name}"), ColumnType::Text, words)
    }));
    for scene in experiment.scenes() {
        let recorded = scene.recorded();
        columns.extend(recorded.iter().map(|question| last_answer(scene, question)));
        if has_attempts(scene) {
            columns.push(attempts(scene.id()));
        }
        if let Scene::Game(game) = scene {
            columns.extend(game_columns(game));
        }
    }
    Table::new(columns)
}

/// Where the participant is.
fn general<'r>() -> Vec<Column<ParticipantRow<'r>>> {
    let endings = Ending::ALL.into_iter();
    let endings = endings.map(|ending| LabeledValue::new(ending.as_str(), meaning(ending))).collect();
    vec![
        subject_id(SUBJECT, |row: &ParticipantRow<'r>| Field::text(&row.session.subject)),
        Column::new(
            "status",
            levels([("running", "the last page is not reached"), ("ended", "the last page was reached")]),
            "Where the participant is; who closed the page stays running.",
            |row: &ParticipantRow<'r>| if row.ending.is_some() { "ended" } else { "running" }.into(),
        ),
        Column::new(
            "ending",
            ColumnType::Levels(endings),
            "How the experiment ended for the participant. Empty while it runs.",
            |row: &ParticipantRow<'r>| row.ending.map(Ending::as_str).into(),
        ),
        Column::new(
            "begun_at",
            ColumnType::Time,
            "When the button of the first page was pressed, by the server's clock.",
            |row: &ParticipantRow<'r>| Field::Time(row.session.begun_at_ms),
        ),
        Column::new(
            "ended_at",
            ColumnType::Time,
            "When the last page was reached, by the server's clock. Empty while the experiment runs.",
            |row: &ParticipantRow<'r>| row.session.ended_at_ms.map_or(Field::Missing, Field::Time),
        ),
        Column::new(
            "path",
            ColumnType::Text,
            "The scenes that were drawn for the participant, in order, with spaces between them.",
            |row: &ParticipantRow<'r>| row.session.progress.path().join(" ").into(),
        ),
    ]
}

/// The language in which the participant read the experiment.
fn language<'r>() -> Column<ParticipantRow<'r>> {
    Column::new(
        "language",
        ColumnType::Text,
        "The language in which the participant read the experiment, in the end: a BCP 47 tag. Empty where it was not written down yet.",
        |row: &ParticipantRow<'r>| Field::text(&row.session.language),
    )
}

/// The level of a factor.
fn condition<'r>(factor: &str, levels: Vec<String>) -> Column<ParticipantRow<'r>> {
    let words = format!("The level of {factor} that the participant was assigned to.");
    global(format!("condition.{factor}"), labeled(levels), words).formerly(format!("arm.{factor}"))
}

/// Something that is known by name.
fn global<'r>(name: String, kind: ColumnType, words: impl Into<String>) -> Column<ParticipantRow<'r>> {
    let key = name.clone();
    Column::new(name, kind, words, move |row: &ParticipantRow<'r>| row.global(&key))
}

/// The last answer to a question.
fn last_answer<'r>(scene: &Scene, question: &Question) -> Column<ParticipantRow<'r>> {
    let how = if question.required { "" } else { " May be left out." };
    let last = if has_attempts(scene) { " The last attempt." } else { "" };
    let words = format!(
        "{}{how}{last} Empty where the scene was not gone through, or did not ask this yet.",
        sentence(&question.label)
    );
    let (scene, question_id) = (scene.id().to_owned(), question.id.clone());
    let name = format!("{scene}.{question_id}");
    Column::new(name, question.column(), words, move |row: &ParticipantRow<'r>| {
        let answers = row.last(&scene).map(|page| &page.submission.answers);
        answers.and_then(|answers| answers.get(&question_id)).map(Answer::to_string).into()
    })
}

/// How often a comprehension check was sent.
fn attempts<'r>(scene: &str) -> Column<ParticipantRow<'r>> {
    let words = "How often the page of the comprehension check was sent.";
    let id = scene.to_owned();
    Column::new(format!("{scene}.attempts"), COUNT, words, move |row: &ParticipantRow<'r>| {
        row.last(&id).map(|page| page.submission.attempt).into()
    })
}

/// What a game left for the participant.
fn game_columns<'r>(game: &GameScene) -> Vec<Column<ParticipantRow<'r>>> {
    let column = |name: String| {
        let (kind, words) = match name.as_str() {
            "outcome" => (outcomes(), "How the game ended for the participant."),
            "score" => {
                (ColumnType::Number(None, None), "The participant's sum of rewards over the whole game.")
            }
            "game_id" => (ColumnType::Text, "The game. Empty where there was none."),
            _ => (ColumnType::Text, "What the experiment's own code set at the end of the game."),
        };
        global(format!("{}.{name}", game.id), kind, words)
    };
    game.globals().map(column).collect()
}

fn has_attempts(scene: &Scene) -> bool {
    scene.page().is_some_and(|page| page.check.is_some())
}

fn sentence(label: &str) -> String {
    let label = label.trim();
    if label.ends_with(['.', '?', '!', ':']) { label.to_owned() } else { format!("{label}.") }
}

fn meaning(ending: Ending) -> &'static str {
    match ending {
        Ending::Completed => "every scene was gone through",
        Ending::LobbyTimeout => "no group was found in time",
        Ending::PartnerLeft => "a partner left, and the game ended with that",
        Ending::Left => "the participant left a game and came back too late",
        Ending::ScreenedOut => "device, browser, window or connection do not do",
        Ending::FailedCheck => "the comprehension check was failed too often",
        Ending::Excluded => "connection or attention were too poor for too long",
        Ending::Failed => "something broke on the experiment's side",
    }
}

pub(crate) fn outcomes() -> ColumnType {
    let meaning = |outcome| match outcome {
        Outcome::Completed => "all episodes were played",
        Outcome::PartnerLeft => "a participant left and did not come back",
        Outcome::NoShow => "a participant never came",
        Outcome::LobbyTimeout => "the lobby found no group in time, and there was no game",
        Outcome::Abandoned => "every participant had left",
        Outcome::Left => "this participant left and did not come back; the others have another outcome",
        Outcome::Excluded => {
            "this participant's connection or attention was too poor; the others have another outcome"
        }
        Outcome::Void => "a participant left, and the game does not count",
        Outcome::Failed => "the environment failed",
    };
    ColumnType::Levels(
        Outcome::ALL
            .into_iter()
            .map(|outcome| LabeledValue::new(outcome.as_str(), meaning(outcome)))
            .collect(),
    )
}

/// One participant as CSV, header included.
///
/// # Errors
/// As [`Table::csv`].
pub fn csv(experiment: &Experiment, session: &SessionRecord) -> Result<Vec<u8>, RecordError> {
    table(experiment).csv([ParticipantRow::new(experiment, session)])
}

/// What is known about a participant by name, as JSON.
#[must_use]
pub fn globals_json(session: &SessionRecord) -> Value {
    serde_json::to_value(session.progress.globals()).unwrap_or(Value::Null)
}
