//! The codebook: every table and every column of an experiment's data explained, as schema.org's `Dataset` in JSON-LD,
//! which is what Psych-DS asks for. And the configuration that the data came from.

use footlights_experiment::{Experiment, Scene};
use serde_json::{Map, Value, json};

use crate::{
    answers,
    column::{ColumnInfo, ColumnType, LabeledValue},
    error::RecordError,
    events,
    files::FileNames,
    participants, steps,
};

/// A kind of table: all files of it have these columns.
#[derive(Debug, Clone, PartialEq)]
pub struct TableInfo {
    /// `participants`, `answers`, `events`, `steps` with the scene behind it.
    pub name: String,
    /// What one row is.
    pub description: String,
    /// Where its files lie in an export; `*` stands for a participant or a scene.
    pub files: String,
    /// In the order of the header.
    pub columns: Vec<ColumnInfo>,
}

/// What is said of steps whose observations are not recorded.
const WITHOUT_OBSERVATIONS: &str =
    " Observations are not in this table; the replays in records/replays give every one of them back.";

/// Every kind of table that an experiment's data have.
///
/// # Errors
/// [`RecordError::Environment`] if the environment of a game cannot be made.
pub fn tables(experiment: &Experiment) -> Result<Vec<TableInfo>, RecordError> {
    let names = FileNames::new(experiment);
    let mut tables = vec![TableInfo {
        name: "participants".into(),
        description: "One row a participant.".into(),
        files: names.participants(),
        columns: participants::table(experiment).describe(),
    }];
    if experiment.scenes().into_iter().any(|scene| !scene.recorded().is_empty()) {
        tables.push(TableInfo {
            name: "answers".into(),
            description: "One row a question and sending of its page.".into(),
            files: names.answers("*", "*"),
            columns: answers::table(experiment).describe(),
        });
    }
    for scene in experiment.scenes() {
        if let Scene::Game(game) = scene {
            tables.push(TableInfo {
                name: format!("steps/{}", game.id),
                description: format!(
                    "One row a tick of the game {} ({}, {} ticks a second); a participant's subject_id and tick name a row.{}",
                    game.id,
                    game.environment.id,
                    game.stepping.fps,
                    if game.recording.observations { "" } else { WITHOUT_OBSERVATIONS }
                ),
                files: names.steps("*", &game.id),
                columns: steps::table(game)?.describe(),
            });
        }
    }
    tables.push(TableInfo {
        name: "events".into(),
        description: "One row an event, in games and outside them.".into(),
        files: names.events(),
        columns: events::table(experiment).describe(),
    });
    Ok(tables)
}

/// The codebook of these tables. A column's `propertyID` is its table's name, a colon and its own. Psych-DS wants every
/// variable to be in some file, so an export leaves out the tables of which it has none.
#[must_use]
pub fn dataset_description(experiment: &Experiment, tables: &[TableInfo]) -> Value {
    let about = if experiment.description.is_empty() { &experiment.title } else { &experiment.description };
    let parts = tables.iter().map(|table| {
        json!({
            "@type": "DataDownload",
            "name": table.name,
            "description": table.description,
            "contentUrl": table.files,
            "encodingFormat": "text/csv",
        })
    });
    let variables =
        tables.iter().flat_map(|table| table.columns.iter().map(|column| variable(table, column)));
    json!({
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": experiment.title,
        "description": about,
        "identifier": experiment.id,
        "distribution": parts.collect::<Vec<_>>(),
        "variableMeasured": variables.collect::<Vec<_>>(),
    })
}

fn variable(table: &TableInfo, column: &ColumnInfo) -> Value {
    let mut value = Map::new();
    let mut set = |key: &str, is: Value| value.insert(key.to_owned(), is);
    set("@type", json!("PropertyValue"));
    set("name", json!(column.name));
    set("propertyID", json!(format!("{}:{}", table.name, column.name)));
    let (kind, bounds, levels, form): (_, _, &[LabeledValue], _) = match &column.kind {
        ColumnType::Text => ("Text", (None, None), &[], ""),
        ColumnType::Json => ("Text", (None, None), &[], " A value in JSON."),
        ColumnType::Integer(low, high) => ("Integer", (*low, *high), &[], ""),
        ColumnType::Number(low, high) => ("Number", (*low, *high), &[], ""),
        ColumnType::Boolean => ("Boolean", (None, None), &[], ""),
        ColumnType::Time => ("DateTime", (None, None), &[], ""),
        ColumnType::List(levels) => ("Text", (None, None), levels, " A list in JSON of the levels."),
        ColumnType::Levels(levels) => ("Text", (None, None), levels, ""),
        ColumnType::Scale(low, high, levels) => ("Number", (Some(*low), Some(*high)), levels, ""),
    };
    set("description", json!(format!("{}{form}", column.description)));
    set(
        "disambiguatingDescription",
        json!(format!("In {}. An empty field means that there is no value.", table.files)),
    );
    set("additionalType", json!(format!("https://schema.org/{kind}")));
    if !column.unit.is_empty() {
        set("unitText", json!(column.unit));
    }
    if let Some(low) = bounds.0 {
        set("minValue", json!(low));
    }
    if let Some(high) = bounds.1 {
        set("maxValue", json!(high));
    }
    if !levels.is_empty() {
        let level = |level: &LabeledValue| json!({ "@type": "PropertyValue", "value": level.value, "name": level.meaning });
        set("valueReference", json!(levels.iter().map(level).collect::<Vec<_>>()));
    }
    Value::Object(value)
}

/// The configuration that the data came from. Codes that are worth money are left out.
#[must_use]
pub fn configuration(experiment: &Experiment, build: &str) -> Value {
    let mut shared = experiment.clone();
    if let Some(completion) = &mut shared.completion {
        completion.codes.clear();
    }
    json!({ "build": build, "experiment": shared })
}
