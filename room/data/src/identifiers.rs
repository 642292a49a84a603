//! Who participants are to a recruiter, their codes and what they earned: what a bonus or a rejection is decided by.
//! Never a part of the data that are shared.

use std::collections::BTreeMap;

use footlights_experiment::{Experiment, Scene, recruiter::Recruiter};

use crate::{
    column::{Column, ColumnType, Field, SUBJECT, Table, subject_id},
    error::RecordError,
    participants::outcomes,
};

/// Parameters with columns of their own names, as the recruiters' own lists have them.
const NAMED: [&str; 6] = ["PROLIFIC_PID", "STUDY_ID", "SESSION_ID", "workerId", "assignmentId", "hitId"];

/// One participant to a recruiter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IdentifierRow {
    /// The participant.
    pub subject: String,
    /// The recruiter's name, such as `prolific`, or `link`.
    pub source: String,
    /// By the address's parameter, such as `PROLIFIC_PID`.
    pub external: BTreeMap<String, String>,
    /// The same of later visits, where it differs.
    pub visits: Vec<BTreeMap<String, String>>,
    /// The completion code that was shown.
    pub code: String,
    /// How the experiment ended; empty while it runs.
    pub ending: String,
    /// ISO 8601, UTC.
    pub begun_at: String,
    /// ISO 8601, UTC; empty while it runs.
    pub ended_at: String,
    /// Outcome and score by scene.
    pub games: BTreeMap<String, (String, f64)>,
}

/// The table of identifiers.
#[must_use]
pub fn table(experiment: &Experiment) -> Table<IdentifierRow> {
    fn text(name: &str, words: &str, value: fn(&IdentifierRow) -> &str) -> Column<IdentifierRow> {
        Column::new(name, ColumnType::Text, words, move |row| Field::text(value(row)))
    }
    fn time(name: &str, words: &str, value: fn(&IdentifierRow) -> &str) -> Column<IdentifierRow> {
        Column::new(name, ColumnType::Time, words, move |row| Field::text(value(row)))
    }
    let mut columns = vec![
        subject_id(SUBJECT, |row: &IdentifierRow| Field::text(&row.subject)),
        text(
            "source",
            "The recruiter that the participant came from, such as prolific; link for none.",
            |row| &row.source,
        ),
    ];
    let all = experiment.all_recruiters();
    let mut role = |name: &str, words: &str, names: fn(&Recruiter) -> &Vec<String>| {
        let all = all.clone();
        columns.push(Column::new(name, ColumnType::Text, words, move |row: &IdentifierRow| {
            let recruiter = all.iter().find(|recruiter| recruiter.source == row.source);
            let value = recruiter.and_then(|recruiter| Recruiter::value(names(recruiter), &row.external));
            value.map(str::to_owned).into()
        }));
    };
    role("recruiter_id", "The person at the recruiter.", |recruiter| &recruiter.participant);
    role("recruiter_study", "The study at the recruiter.", |recruiter| &recruiter.study);
    role("recruiter_session", "The submission, session or assignment at the recruiter.", |recruiter| {
        &recruiter.session
    });
    columns.push(Column::new(
        "recruiter_parameters",
        ColumnType::Text,
        "All that the address said of the participant when they began: a JSON object.",
        |row: &IdentifierRow| {
            let parameters = (!row.external.is_empty()).then(|| serde_json::to_string(&row.external).ok());
            parameters.flatten().into()
        },
    ));
    columns.push(Column::new(
        "other_visits",
        ColumnType::Text,
        "What the addresses of later visits said, where that differs: a JSON list of objects.",
        |row: &IdentifierRow| {
            let visits = (!row.visits.is_empty()).then(|| serde_json::to_string(&row.visits).ok());
            visits.flatten().into()
        },
    ));
    columns.extend(NAMED.map(|name| {
        Column::new(name, ColumnType::Text, "As the address had it.", move |row: &IdentifierRow| {
            row.external.get(name).cloned().into()
        })
    }));
    columns.extend([
        text(
            "completion_code",
            "The code that the last page showed. Empty while the experiment runs, or where there is none.",
            |row| &row.code,
        ),
        text("ending", "How the experiment ended. Empty while it runs.", |row| &row.ending),
        time("begun_at", "When the button of the first page was pressed.", |row| &row.begun_at),
        time("ended_at", "When the last page was reached. Empty while the experiment runs.", |row| {
            &row.ended_at
        }),
    ]);
    for scene in experiment.scenes() {
        if let Scene::Game(game) = scene {
            let (of_outcome, of_score) = (game.id.clone(), game.id.clone());
            columns.push(Column::new(
                format!("{}.outcome", game.id),
                outcomes(),
                "How the game ended.",
                move |row: &IdentifierRow| {
                    row.games.get(&of_outcome).map(|(outcome, _)| outcome.clone()).into()
                },
            ));
            columns.push(Column::new(
                format!("{}.score", game.id),
                ColumnType::Number(None, None),
                "The sum of rewards.",
                move |row: &IdentifierRow| row.games.get(&of_score).map(|(_, score)| *score).into(),
            ));
        }
    }
    Table::new(columns)
}

/// Identifiers as CSV, header included.
///
/// # Errors
/// As [`Table::csv`].
pub fn csv(experiment: &Experiment, participants: &[IdentifierRow]) -> Result<Vec<u8>, RecordError> {
    table(experiment).csv(participants)
}
