//! Who participants are to a recruiter, their codes and what they earned: what a bonus or a rejection is decided by. Never
//! a part of the data that are shared.

use std::collections::BTreeMap;

use super::{
    column::{Column, ColumnType, csv, subject_id},
    participant::outcomes,
};
use crate::record::RecordError;
use footlights_experiment::{Experiment, Scene, recruiter};

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
    /// How the study ended; empty while it runs.
    pub ending: String,
    /// ISO 8601, UTC.
    pub begun_at: String,
    /// ISO 8601, UTC; empty while it runs.
    pub ended_at: String,
    /// Outcome and score by scene.
    pub games: BTreeMap<String, (String, f64)>,
}

/// The columns of identifiers.
pub fn identifiers_columns(experiment: &Experiment) -> Vec<Column> {
    let text = |name: &str, words: &str| Column::new(name, ColumnType::Text, words);
    let mut columns =
        vec![subject_id(), text("source", "Where the participant came from: prolific, mturk or link.")];
    columns.extend(recruiter::parameters().map(|name| text(name, "As the address had it.")));
    columns.extend([
        text(
            "completion_code",
            "The code that the last page showed. Empty while the study runs, or where there is none.",
        ),
        text("ending", "How the study ended. Empty while it runs."),
        Column::new("begun_at", ColumnType::Time, "When the button of the first page was pressed."),
        Column::new(
            "ended_at",
            ColumnType::Time,
            "When the last page was reached. Empty while the study runs.",
        ),
    ]);
    for scene in experiment.scenes() {
        if let Scene::Game(game) = scene {
            let id = &game.id;
            columns.push(Column::new(format!("{id}.outcome"), outcomes(), "How the game ended."));
            columns.push(Column::new(
                format!("{id}.score"),
                ColumnType::Number(None, None),
                "The sum of rewards.",
            ));
        }
    }
    columns
}

impl IdentifierRow {
    /// The fields, in the columns' order.
    pub fn fields(&self, experiment: &Experiment) -> Vec<String> {
        let mut fields = vec![self.subject.clone(), self.source.clone()];
        fields
            .extend(recruiter::parameters().map(|name| self.external.get(name).cloned().unwrap_or_default()));
        fields.extend([&self.code, &self.ending, &self.begun_at, &self.ended_at].map(Clone::clone));
        for scene in experiment.scenes() {
            if let Scene::Game(game) = scene {
                let played = self.games.get(&game.id);
                fields.push(played.map(|(outcome, _)| outcome.clone()).unwrap_or_default());
                fields.push(played.map(|(_, score)| score.to_string()).unwrap_or_default());
            }
        }
        fields
    }
}

/// Identifiers as CSV, header included.
pub fn identifiers_csv(
    experiment: &Experiment,
    participants: &[IdentifierRow],
) -> Result<Vec<u8>, RecordError> {
    csv(&identifiers_columns(experiment), participants.iter().map(|one| one.fields(experiment)))
}
