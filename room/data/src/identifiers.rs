//! Who participants are to a recruiter, their codes and what they earned: what a bonus or a rejection is decided by.
//! Never a part of the data that are shared.

use std::collections::BTreeMap;

use footlights_experiment::{Experiment, Scene, recruiter};

use crate::{
    column::{Column, ColumnType, Field, SUBJECT, Table, subject_id},
    error::RecordError,
    participants::outcomes,
};

/// One participant to a recruiter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IdentifierRow {
    /// The participant.
    pub subject: String,
    /// `prolific`, `mturk` or `link`.
    pub source: String,
    /// By the address's parameter, such as `PROLIFIC_PID`.
    pub external: BTreeMap<String, String>,
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
        text("source", "Where the participant came from: prolific, mturk or link.", |row| &row.source),
    ];
    columns.extend(recruiter::parameters().map(|name| {
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
