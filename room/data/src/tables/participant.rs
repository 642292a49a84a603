//! One row a participant: where they went and how they ended, their arms, their last answers, their games.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    column::{COUNT, Column, ColumnType, LabeledValue, csv, levels, subject_id},
    iso8601,
};
use crate::{record::RecordError, session::SessionRecord};
use footlights_experiment::{Answer, Ending, Experiment, Scene};
use footlights_protocol::Outcome;

/// The columns of participants.
pub fn participants_columns(experiment: &Experiment) -> Vec<Column> {
    let endings =
        Ending::ALL.into_iter().map(|ending| LabeledValue::new(ending.as_str(), meaning(ending))).collect();
    let mut columns = vec![
        subject_id(),
        Column::new(
            "status",
            levels([("running", "the last page is not reached"), ("ended", "the last page was reached")]),
            "Where the participant is; who closed the page stays running.",
        ),
        Column::new(
            "ending",
            ColumnType::Levels(endings),
            "How the study ended for the participant. Empty while it runs.",
        ),
        Column::new(
            "begun_at",
            ColumnType::Time,
            "When the button of the first page was pressed, by the server's clock.",
        ),
        Column::new(
            "ended_at",
            ColumnType::Time,
            "When the last page was reached, by the server's clock. Empty while the study runs.",
        ),
        Column::new(
            "path",
            ColumnType::Text,
            "The scenes that were drawn for the participant, in order, with spaces between them.",
        ),
    ];
    for (factor, arms) in experiment.factors() {
        let arms = arms.into_iter().map(|arm| LabeledValue::new(&arm, &arm)).collect();
        columns.push(Column::new(
            format!("condition.{factor}"),
            ColumnType::Levels(arms),
            format!("The arm of {factor} that was drawn."),
        ));
    }
    for name in &experiment.parameters {
        columns.push(Column::new(
            format!("url.{name}"),
            ColumnType::Text,
            format!("The parameter {name} of the address by which the participant came."),
        ));
    }
    for scene in experiment.scenes() {
        let id = scene.id();
        for question in scene.recorded() {
            let kind = question.column();
            let how = if question.required { "" } else { " May be left out." };
            let last = if attempts(scene) { " The last attempt." } else { "" };
            let words = format!(
                "{}{how}{last} Empty where the scene was not gone through.",
                sentence(&question.label)
            );
            columns.push(Column::new(format!("{id}.{}", question.id), kind, words));
        }
        if attempts(scene) {
            columns.push(Column::new(
                format!("{id}.attempts"),
                COUNT,
                "How often the page of the comprehension check was sent.",
            ));
        }
        if let Scene::Game(game) = scene {
            for name in game.globals() {
                let (kind, words) = match name.as_str() {
                    "outcome" => (outcomes(), "How the game ended for the participant."),
                    "score" => (
                        ColumnType::Number(None, None),
                        "The participant's sum of rewards over the whole game.",
                    ),
                    "game_id" => (ColumnType::Text, "The game. Empty where there was none."),
                    _ => (ColumnType::Text, "What the study's own code set at the end of the game."),
                };
                columns.push(Column::new(format!("{id}.{name}"), kind, words));
            }
        }
    }
    columns
}

fn attempts(scene: &Scene) -> bool {
    scene.page().is_some_and(|page| page.check.is_some())
}

fn sentence(label: &str) -> String {
    let label = label.trim();
    if label.ends_with(['.', '?', '!', ':']) { label.to_owned() } else { format!("{label}.") }
}

fn meaning(ending: Ending) -> &'static str {
    match ending {
        Ending::Completed => "every scene was gone through",
        Ending::LobbyTimeout => "nobody to play with came in time",
        Ending::PartnerLeft => "a partner left, and the game ended with that",
        Ending::Left => "the participant left a game and came back too late",
        Ending::ScreenedOut => "device, browser, window or connection do not do",
        Ending::FailedCheck => "the comprehension check was failed too often",
        Ending::Excluded => "connection or attention were too poor for too long",
        Ending::Failed => "something broke on the study's side",
    }
}

pub(super) fn outcomes() -> ColumnType {
    let meaning = |outcome| match outcome {
        Outcome::Completed => "all episodes were played",
        Outcome::PartnerLeft => "a person left and did not come back",
        Outcome::NoShow => "a person never came",
        Outcome::LobbyTimeout => "nobody to play with came to the lobby in time, and there was no game",
        Outcome::Abandoned => "nobody was left",
        Outcome::Left => "this person left and did not come back, the others have another outcome",
        Outcome::Excluded => {
            "this person's connection or attention was too poor, the others have another outcome"
        }
        Outcome::Void => "a person left, and the game counts as if it had not been",
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
pub fn participant_csv(experiment: &Experiment, snapshot: &SessionRecord) -> Result<Vec<u8>, RecordError> {
    let columns = participants_columns(experiment);
    let known = values(experiment, snapshot);
    let row = columns.iter().map(|column| known.get(&column.name).cloned().unwrap_or_default());
    csv(&columns, [row.collect::<Vec<_>>()])
}

/// Everything known, by column; more than there are columns where a deployment took scenes away.
fn values(experiment: &Experiment, snapshot: &SessionRecord) -> BTreeMap<String, String> {
    let progress = &snapshot.progress;
    // Factor, parameters and games; answers as well, but those only of pages that were accepted.
    let mut known: BTreeMap<String, String> =
        progress.globals().iter().map(|(name, value)| (name.clone(), value.to_string())).collect();
    for answered in &snapshot.submissions {
        let scene = &answered.scene;
        known.insert(format!("{scene}.attempts"), answered.submission.attempt.to_string());
        for question in experiment.find(scene).map(Scene::recorded).unwrap_or_default() {
            let answer = answered.submission.answers.get(&question.id).map(Answer::to_string);
            known.insert(format!("{scene}.{}", question.id), answer.unwrap_or_default());
        }
    }
    let ending = progress.ending(experiment);
    known.extend([
        ("subject_id".to_owned(), snapshot.subject.clone()),
        ("status".to_owned(), if ending.is_some() { "ended" } else { "running" }.to_owned()),
        ("ending".to_owned(), ending.map(Ending::as_str).unwrap_or_default().to_owned()),
        ("begun_at".to_owned(), iso8601(snapshot.begun_at_ms)),
        ("ended_at".to_owned(), snapshot.ended_at_ms.map(iso8601).unwrap_or_default()),
        ("path".to_owned(), progress.path().join(" ")),
    ]);
    known
}

/// What is known about a participant by name, as JSON.
pub fn globals_json(snapshot: &SessionRecord) -> Value {
    serde_json::to_value(snapshot.progress.globals()).unwrap_or(Value::Null)
}
