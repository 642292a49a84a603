//! The tables of D1, each one list of columns from which its `INSERT`s are made. What a table in CSV has as well comes
//! from that table's own list. The migrations in `worker/migrations` make the tables; a test holds both together.

use footlights_data::{
    Chunk, SessionRecord, Verdict, answers, answers::AnswerRow, column::Field, events, events::EventRow,
    session::Identifiers, sql::SqlTable,
};
use footlights_experiment::{
    Experiment, GameScene,
    record::{EpisodeRecord, GameInfo, SeatInfo, StepRecord},
};
use footlights_protocol::EpochMs;

/// A participant's row in `participants` and in `sessions`.
pub struct ParticipantRow<'r> {
    pub session: &'r SessionRecord,
    /// The current scene's id.
    pub scene: &'r str,
    /// How the experiment ended; `None` while it runs.
    pub ending: Option<&'static str>,
    /// When this is written.
    pub now: EpochMs,
    /// Outcome and score by scene, as JSON.
    pub games: String,
}

/// Who began, and what was drawn.
pub fn participants<'r>() -> SqlTable<ParticipantRow<'r>> {
    SqlTable::new("participants")
        .column("experiment", |row: &ParticipantRow<'r>| Field::text(&row.session.experiment))
        .column("subject_id", |row| Field::text(&row.session.subject))
        .column("begun_at", |row| Field::Time(row.session.begun_at_ms))
        .column("cell", |row| json(&row.session.progress.levels()))
        .column("path", |row| json(row.session.progress.path()))
}

/// Where each participant is.
pub fn sessions<'r>() -> SqlTable<ParticipantRow<'r>> {
    SqlTable::new("sessions")
        .column("experiment", |row: &ParticipantRow<'r>| Field::text(&row.session.experiment))
        .column("subject_id", |row| Field::text(&row.session.subject))
        .column("scene_id", |row| Field::text(row.scene))
        .column("status", |row| if row.ending.is_some() { "ended" } else { "running" }.into())
        .column("updated_at", |row| Field::Time(row.now))
        .column("ending", |row| row.ending.into())
        .column("ended_at", |row| row.session.ended_at_ms.map_or(Field::Missing, Field::Time))
        .column("games", |row| Field::text(&row.games))
        .column("language", |row| Field::text(&row.session.language))
}

/// Who a participant is to a recruiter.
pub struct IdentifierRow<'r> {
    pub session: &'r SessionRecord,
    pub identifiers: &'r Identifiers,
    /// The completion code that was shown.
    pub code: Option<String>,
}

/// Who participants are to a recruiter; joined to nothing that is shared.
pub fn identifiers<'r>() -> SqlTable<IdentifierRow<'r>> {
    SqlTable::new("identifiers")
        .column("experiment", |row: &IdentifierRow<'r>| Field::text(&row.session.experiment))
        .column("subject_id", |row| Field::text(&row.session.subject))
        .column("source", |row| Field::text(&row.identifiers.source))
        .column("external", |row| json(&row.identifiers.external))
        .column("visits", |row| json(&row.identifiers.later().collect::<Vec<_>>()))
        .column("code", |row| row.code.clone().into())
}

/// An answer and its experiment.
pub struct StoredAnswer {
    pub experiment: String,
    pub answer: AnswerRow,
}

/// What was answered.
pub fn answers(experiment: &Experiment) -> SqlTable<StoredAnswer> {
    SqlTable::new("answers")
        .column("experiment", |row: &StoredAnswer| Field::text(&row.experiment))
        .columns_of(answers::general(experiment), |row| &row.answer)
}

/// An event, whose it is, and its number there.
pub struct StoredEvent {
    /// The game's id; or the experiment's and the participant's with a slash between them.
    pub source: String,
    pub seq: usize,
    pub experiment: String,
    pub event: EventRow,
}

/// What happened in games and outside them.
pub fn events() -> SqlTable<StoredEvent> {
    SqlTable::new("events")
        .column("source", |row: &StoredEvent| Field::text(&row.source))
        .column("seq", |row| (row.seq as u64).into())
        .column("experiment", |row| Field::text(&row.experiment))
        .columns_of(events::general(), |row| &row.event)
}

/// A finished game.
pub struct GameRow<'r> {
    pub scene: &'r GameScene,
    pub info: &'r GameInfo,
    pub record: &'r Chunk,
    pub verdict: &'r Verdict,
}

/// Finished games.
pub fn games<'r>() -> SqlTable<GameRow<'r>> {
    let time =
        |step: Option<&StepRecord>| step.map_or(Field::Missing, |step| Field::Time(step.server_time_ms));
    SqlTable::new("games")
        .column("game_id", |row: &GameRow<'r>| Field::text(&row.info.game_id))
        .column("experiment", |row| Field::text(&row.info.experiment))
        .column("scene_id", |row| Field::text(&row.info.scene))
        .column("environment", |row| row.scene.environment.id.into())
        .column("config", |row| row.scene.environment.config.clone().into())
        // As text: D1 keeps 53 bits of a number on its way.
        .column("seed", |row| row.info.seed.to_string().into())
        .column("fps", |row| row.scene.stepping.fps.into())
        .column("outcome", |row| row.verdict.outcome.as_str().into())
        .column("ticks", |row| (row.record.rows.len() as u64).into())
        .column("started_at", move |row| time(row.record.rows.first()))
        .column("ended_at", move |row| time(row.record.rows.last()))
}

/// A seat of a finished game.
pub struct SeatRow<'r> {
    pub game: &'r str,
    pub seat: &'r SeatInfo,
    /// Sum of the agent's rewards.
    pub total: f32,
    /// How the game ended for the participant in the seat.
    pub outcome: Option<&'static str>,
}

/// Who held which seat, and what came of it.
pub fn seats<'r>() -> SqlTable<SeatRow<'r>> {
    SqlTable::new("seats")
        .column("game_id", |row: &SeatRow<'r>| Field::text(row.game))
        .column("agent", |row| row.seat.agent.to_string().into())
        .column("holder", |row| Field::text(&row.seat.holder))
        .column("subject_id", |row| row.seat.subject.clone().into())
        .column("return", |row| row.total.into())
        .column("outcome", |row| row.outcome.into())
}

/// An episode of a finished game.
pub struct EpisodeRow<'r> {
    pub game: &'r str,
    pub episode: &'r EpisodeRecord,
}

/// The episodes of finished games.
pub fn episodes<'r>() -> SqlTable<EpisodeRow<'r>> {
    SqlTable::new("episodes")
        .column("game_id", |row: &EpisodeRow<'r>| Field::text(row.game))
        .column("episode", |row| row.episode.episode.into())
        .column("steps", |row| row.episode.steps.into())
        .column("end", |row| Field::text(&row.episode.end))
        .column("started_at", |row| Field::Time(row.episode.started_ms))
        .column("digest", |row| format!("{:016x}", row.episode.digest).into())
        .column("returns", |row| json(&row.episode.returns))
}

/// A value as JSON.
fn json<T: serde::Serialize + ?Sized>(value: &T) -> Field {
    // Texts, numbers, lists and maps by name: nothing that JSON does not have.
    serde_json::to_string(value).ok().into()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::store::failures;

    /// The columns of every table after all migrations.
    fn migrated() -> BTreeMap<String, BTreeSet<String>> {
        let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let lines = footlights_data::MIGRATIONS
            .iter()
            .flat_map(|(_, sql)| sql.lines())
            .filter(|line| !line.trim().starts_with("--"));
        let sql: String = lines.flat_map(|line| [line, "\n"]).collect();
        for statement in sql.split(';').map(str::trim) {
            let words: Vec<&str> = statement.split_whitespace().collect();
            match words.as_slice() {
                ["CREATE", "TABLE", name, ..] => {
                    let (_, columns) = statement.split_once('(').unwrap();
                    let names =
                        columns.lines().map(str::trim).filter_map(|line| line.split_whitespace().next());
                    let names = names.filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase()));
                    tables.insert((*name).to_owned(), names.map(str::to_owned).collect());
                }
                ["ALTER", "TABLE", name, "ADD", "COLUMN", column, ..] => {
                    tables.get_mut(*name).unwrap().insert((*column).to_owned());
                }
                ["ALTER", "TABLE", name, "RENAME", "TO", new] => {
                    let columns = tables.remove(*name).unwrap();
                    tables.insert((*new).to_owned(), columns);
                }
                ["DROP", "TABLE", name] => drop(tables.remove(*name)),
                ["INSERT" | "UPDATE", ..] | ["CREATE", "INDEX", ..] | [] => {}
                other => panic!("a statement of another kind: {other:?}"),
            }
        }
        tables
    }

    fn listed<R>(table: &SqlTable<R>) -> (String, BTreeSet<String>) {
        let names: BTreeSet<String> = table.columns().map(str::to_owned).collect();
        assert_eq!(names.len(), table.columns().count(), "{}: a column twice", table.name());
        (table.name().to_owned(), names)
    }

    #[test]
    fn the_lists_and_the_migrations_have_the_same_columns() {
        let experiment = Experiment::new("e", "E");
        let lists = [
            listed(&participants()),
            listed(&sessions()),
            listed(&identifiers()),
            listed(&answers(&experiment)),
            listed(&events()),
            listed(&games()),
            listed(&seats()),
            listed(&episodes()),
            ("training_failures".to_owned(), failures::COLUMNS.map(str::to_owned).into()),
        ];
        assert_eq!(BTreeMap::from(lists), migrated());
    }

    #[test]
    fn a_rows_values_stand_behind_their_columns() {
        let event = EventRow {
            subject_id: Some("s".into()),
            at: "2026-01-01T00:00:00Z".into(),
            tick: Some(footlights_protocol::Tick(7)),
            kind: "joined".into(),
            detail: "d".into(),
            ..EventRow::default()
        };
        let row = StoredEvent { source: "e/s".into(), seq: 3, experiment: "e".into(), event };
        let table = events();
        let [insert] = table.inserts(&[row], 100).try_into().unwrap();
        let of: BTreeMap<&str, String> =
            table.columns().zip(insert.values.iter().map(ToString::to_string)).collect();
        let expected =
            [("source", "e/s"), ("seq", "3"), ("experiment", "e"), ("subject_id", "s"), ("tick", "7")];
        assert!(expected.iter().all(|(name, value)| of[name] == *value), "{of:?}");
        assert!(insert.query.starts_with("INSERT OR REPLACE INTO \"events\" (\"source\", \"seq\", "));
    }
}
