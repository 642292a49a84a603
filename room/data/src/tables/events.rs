//! What happened: in games and outside them, one row an event.

use super::{
    column::{COUNT, Column, ColumnType, LabeledValue, csv, game_id, scene_id, subject_id},
    iso8601,
};
use crate::{
    event::{Event, EventKind},
    record::RecordError,
    session::SessionRecord,
};
use footlights_experiment::record::GameInfo;

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
    pub tick: Option<u32>,
    /// The agent it is about.
    pub agent: Option<String>,
    /// A word.
    pub kind: String,
    /// More words.
    pub detail: String,
}

/// The columns of events.
pub fn events_columns() -> Vec<Column> {
    let kinds = EventKind::ALL.iter().map(|kind| LabeledValue::new(kind.as_str(), kind.meaning())).collect();
    let subject = Column {
        description: "Whom it is about. Empty where it is about everybody in a game.".into(),
        ..subject_id()
    };
    vec![
        subject,
        game_id("The game it happened in. Empty outside games."),
        scene_id("The scene it happened in."),
        Column::new("at", ColumnType::Time, "When, by the server's clock."),
        Column::new("tick", COUNT, "The tick of the game after which it happened. Empty outside games."),
        Column::new(
            "agent",
            ColumnType::Text,
            "The agent of the game whom it is about. Empty where it is about none.",
        ),
        Column::new("kind", ColumnType::Levels(kinds), "What happened."),
        Column::new("detail", ColumnType::Text, "More about it. Empty where there is no more to say."),
    ]
}

/// The events of a game.
pub fn game_events(info: &GameInfo, events: &[Event]) -> Vec<EventRow> {
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
        }
    };
    events.iter().map(row).collect()
}

/// What happened to a participant outside games.
pub fn session_events(snapshot: &SessionRecord) -> Vec<EventRow> {
    let row = |event: &crate::session::SessionEvent| EventRow {
        subject_id: Some(snapshot.subject.clone()),
        scene_id: Some(event.scene.clone()).filter(|scene| !scene.is_empty()),
        at: iso8601(event.at_ms),
        kind: event.kind.to_string(),
        detail: event.detail.clone(),
        ..EventRow::default()
    };
    snapshot.events.iter().map(row).collect()
}

impl EventRow {
    /// The fields, in the columns' order.
    pub fn fields(&self) -> Vec<String> {
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        vec![
            text(&self.subject_id),
            text(&self.game_id),
            text(&self.scene_id),
            self.at.clone(),
            self.tick.map(|tick| tick.to_string()).unwrap_or_default(),
            text(&self.agent),
            self.kind.clone(),
            self.detail.clone(),
        ]
    }
}

/// Events as CSV, header included.
pub fn events_csv(events: &[EventRow]) -> Result<Vec<u8>, RecordError> {
    csv(&events_columns(), events.iter().map(EventRow::fields))
}
