//! What happened: in games and outside them, one row an event.

use footlights_experiment::{Condition, Experiment, record::GameInfo};
use footlights_protocol::Tick;

use crate::{
    column::{COUNT, Column, ColumnType, Field, LabeledValue, Table, iso8601, subject_id},
    error::RecordError,
    event::{Event, EventKind},
    levels,
    session::{SessionEvent, SessionRecord},
};

/// One event, of a game or of a participant.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
pub struct EventRow {
    /// Whom it is about; empty where it is about everybody in a game.
    pub subject_id: Option<String>,
    /// The game; empty outside games.
    pub game_id: Option<String>,
    /// The scene; empty where it belongs to none.
    pub scene_id: Option<String>,
    /// ISO 8601, UTC.
    pub at: String,
    /// The tick it happened after; empty outside games.
    pub tick: Option<Tick>,
    /// The agent it is about.
    pub agent: Option<String>,
    /// A word.
    pub kind: String,
    /// More words.
    pub detail: String,
    /// The level of each factor: of the participant, or, where it is about everybody in a game, of the game.
    #[serde(default)]
    pub condition: Condition,
}

/// The table of events.
#[must_use]
pub fn table(experiment: &Experiment) -> Table<EventRow> {
    general().with(levels::columns(experiment, |row: &EventRow| &row.condition))
}

/// The columns that every experiment has.
#[must_use]
pub fn general() -> Table<EventRow> {
    let kinds = EventKind::ALL.iter().map(|kind| LabeledValue::new(kind.as_str(), kind.meaning())).collect();
    Table::new(vec![
        subject_id("Whom it is about. Empty where it is about everybody in a game.", |row: &EventRow| {
            row.subject_id.clone().into()
        }),
        Column::new(
            "game_id",
            ColumnType::Text,
            "The game it happened in. Empty outside games.",
            |row: &EventRow| row.game_id.clone().into(),
        ),
        Column::new("scene_id", ColumnType::Text, "The scene it happened in.", |row: &EventRow| {
            row.scene_id.clone().into()
        }),
        Column::new("at", ColumnType::Time, "When, by the server's clock.", |row: &EventRow| {
            Field::text(&row.at)
        }),
        Column::new(
            "tick",
            COUNT,
            "The tick of the game after which it happened. Empty outside games.",
            |row: &EventRow| row.tick.map(|tick| tick.0).into(),
        ),
        Column::new(
            "agent",
            ColumnType::Text,
            "The agent of the game whom it is about. Empty where it is about none.",
            |row: &EventRow| row.agent.clone().into(),
        ),
        Column::new("kind", ColumnType::Levels(kinds), "What happened.", |row: &EventRow| {
            Field::text(&row.kind)
        }),
        Column::new(
            "detail",
            ColumnType::Text,
            "More about it. Empty where there is no more to say.",
            |row: &EventRow| Field::text(&row.detail),
        ),
    ])
}

/// The events of a game.
#[must_use]
pub fn of_game(info: &GameInfo, events: &[Event]) -> Vec<EventRow> {
    let row = |event: &Event| {
        let seat = event.agent.and_then(|agent| info.seats.get(agent.index()));
        EventRow {
            subject_id: seat.and_then(|seat| seat.subject.clone()),
            game_id: Some(info.game_id.clone()),
            scene_id: Some(info.scene.clone()),
            at: iso8601(event.at_ms),
            tick: Some(event.tick),
            agent: event.agent.map(|agent| agent.to_string()),
            kind: event.kind.to_string(),
            detail: event.detail.clone(),
            condition: info.condition.clone(),
        }
    };
    events.iter().map(row).collect()
}

/// What happened to a participant outside games.
#[must_use]
pub fn of_session(session: &SessionRecord) -> Vec<EventRow> {
    let condition = session.progress.levels();
    let row = |event: &SessionEvent| EventRow {
        subject_id: Some(session.subject.clone()),
        scene_id: Some(event.scene.clone()).filter(|scene| !scene.is_empty()),
        at: iso8601(event.at_ms),
        kind: event.kind.to_string(),
        detail: event.detail.clone(),
        condition: condition.clone(),
        ..EventRow::default()
    };
    session.events.iter().map(row).collect()
}

/// Events as CSV, header included.
///
/// # Errors
/// As [`Table::csv`].
pub fn csv(experiment: &Experiment, events: &[EventRow]) -> Result<Vec<u8>, RecordError> {
    table(experiment).csv(events)
}
