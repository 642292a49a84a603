//! What analysts ask in SQL: participants, sessions, answers, games, seats, episodes, events.

use std::collections::BTreeMap;

use footlights_data::{
    Chunk, SessionRecord, Verdict, answers,
    column::Field,
    events::{self, EventRow},
    identifiers,
    sql::SqlTable,
};
use footlights_experiment::{Answer, Condition, Ending, Experiment, GameScene, Scene, record::GameInfo};
use serde::Deserialize;
use worker::{D1Database, D1PreparedStatement, Env, wasm_bindgen::JsValue};

use super::tables::{
    self, EpisodeRow, GameRow, IdentifierRow, ParticipantRow, SeatRow, StoredAnswer, StoredEvent,
};
use crate::{clock::now, costs, error::ApiError, json};

/// What stands in place of a deleted participant's id.
pub const DELETED: &str = "deleted";

/// D1 binds so many values in one statement at most.
const VALUES_A_STATEMENT: usize = 100;

pub(super) fn statement(
    db: &D1Database,
    query: &str,
    values: &[JsValue],
) -> Result<D1PreparedStatement, ApiError> {
    Ok(db.prepare(query).bind(values)?)
}

/// Statements that put all rows into a table, in place of those of the same keys.
fn insert<R>(db: &D1Database, table: &SqlTable<R>, rows: &[R]) -> Result<Vec<D1PreparedStatement>, ApiError> {
    let inserts = table.inserts(rows, VALUES_A_STATEMENT).into_iter();
    inserts
        .map(|insert| statement(db, &insert.query, &insert.values.iter().map(bound).collect::<Vec<_>>()))
        .collect()
}

/// A field as D1 takes it.
fn bound(field: &Field) -> JsValue {
    match field {
        Field::Missing => JsValue::NULL,
        Field::Integer(number) => (*number as f64).into(),
        Field::Number(number) => (*number).into(),
        Field::Single(number) => (*number).into(),
        Field::Boolean(truth) => f64::from(*truth).into(),
        Field::Text(_) | Field::Time(_) | Field::Json(_) => field.to_string().into(),
    }
}

/// How many rows there are of a participant already, and which levels they say.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Known {
    pub answers: usize,
    pub events: usize,
    /// As JSON; none if the participant is new.
    cell: Option<String>,
}

impl Known {
    /// Whether levels were drawn since.
    pub fn has_new_levels(&self, session: &SessionRecord) -> Result<bool, ApiError> {
        let known: Condition =
            self.cell.as_deref().map_or(Ok(Condition::new()), |cell| json::decode("levels", cell))?;
        Ok(known != session.progress.levels())
    }
}

/// What is stored of a participant. Both only ever grow, so what comes behind is new.
pub async fn known(env: &Env, session: &SessionRecord) -> Result<Known, ApiError> {
    let query = "SELECT (SELECT COUNT(*) FROM answers WHERE experiment = ?1 AND subject_id = ?2) AS answers, \
                 (SELECT COUNT(*) FROM events WHERE source = ?1 || '/' || ?2) AS events, \
                 (SELECT cell FROM participants WHERE experiment = ?1 AND subject_id = ?2) AS cell";
    let values = [session.experiment.as_str().into(), session.subject.as_str().into()];
    let known = statement(&env.d1("DB")?, query, &values)?.first::<Known>(None).await?;
    Ok(known.unwrap_or_default())
}

/// Where a participant is now, and what is new about them; doing it twice does no harm.
pub async fn participant(
    env: &Env,
    experiment: &Experiment,
    session: &SessionRecord,
    known: Known,
) -> Result<(), ApiError> {
    let db = env.d1("DB")?;
    let (id, subject) = (session.experiment.as_str(), session.subject.as_str());
    let progress = &session.progress;
    let ending = progress.ending(experiment);
    let games: BTreeMap<&str, (&str, f64)> = experiment
        .scenes()
        .into_iter()
        .filter_map(|scene| {
            let score = match progress.globals().get(&format!("{}.score", scene.id())) {
                Some(Answer::Number(score)) => *score,
                _ => 0.0,
            };
            Some((scene.id(), (progress.outcome(scene.id())?.as_str(), score)))
        })
        .collect();
    let scene = progress.current(experiment).map(Scene::id).unwrap_or_default();
    let games = json::encode("results of games", &games)?;
    let row = ParticipantRow { session, scene, ending: ending.map(Ending::as_str), now: now(), games };
    let mut statements = insert(&db, &tables::participants(), std::slice::from_ref(&row))?;
    statements.extend(insert(&db, &tables::sessions(), &[row])?);
    if let Some(identifiers) = &session.identifiers {
        let row = IdentifierRow { session, identifiers, code: progress.code(experiment) };
        statements.extend(insert(&db, &tables::identifiers(), &[row])?);
    }
    let stored = |answer| StoredAnswer { experiment: id.to_owned(), answer };
    let answers: Vec<_> = answers::given(session).skip(known.answers).map(stored).collect();
    statements.extend(insert(&db, &tables::answers(experiment), &answers)?);
    let source = format!("{id}/{subject}");
    let events = stored_events(&source, id, events::of_session(session));
    statements.extend(insert(&db, &tables::events(), events.get(known.events..).unwrap_or_default())?);
    costs::d1(&db.batch(statements).await?)
}

/// Events of one source, numbered.
fn stored_events(source: &str, experiment: &str, events: Vec<EventRow>) -> Vec<StoredEvent> {
    let stored = |(seq, event)| StoredEvent {
        source: source.to_owned(),
        seq,
        experiment: experiment.to_owned(),
        event,
    };
    events.into_iter().enumerate().map(stored).collect()
}

/// A finished game; doing it twice does no harm.
pub async fn save(
    env: &Env,
    scene: &GameScene,
    info: &GameInfo,
    record: &Chunk,
    verdict: &Verdict,
) -> Result<(), ApiError> {
    let db = env.d1("DB")?;
    let game = info.game_id.as_str();
    let mut statements = insert(&db, &tables::games(), &[GameRow { scene, info, record, verdict }])?;
    let seats = info.seats.iter().map(|seat| SeatRow {
        game,
        seat,
        total: record.rows.iter().filter_map(|row| row.rewards.get(seat.agent.index())).sum(),
        outcome: verdict
            .seats
            .get(seat.agent.index())
            .and_then(Option::as_ref)
            .map(|own| own.outcome.as_str()),
    });
    statements.extend(insert(&db, &tables::seats(), &seats.collect::<Vec<_>>())?);
    let episodes = record.episodes.iter().map(|episode| EpisodeRow { game, episode });
    statements.extend(insert(&db, &tables::episodes(), &episodes.collect::<Vec<_>>())?);
    let events = stored_events(game, &info.experiment, events::of_game(info, &record.events));
    statements.extend(insert(&db, &tables::events(), &events)?);
    costs::d1(&db.batch(statements).await?)
}

/// A participant as an export needs it.
#[derive(Debug, Deserialize)]
struct Paid {
    subject_id: String,
    source: Option<String>,
    external: Option<String>,
    visits: Option<String>,
    code: Option<String>,
    ending: Option<String>,
    begun_at: String,
    ended_at: Option<String>,
    games: Option<String>,
}

/// So many participants behind `after`, in the order of their ids, and who they are to a recruiter.
pub async fn payments(
    env: &Env,
    experiment: &str,
    after: &str,
    most: u32,
) -> Result<Vec<identifiers::IdentifierRow>, ApiError> {
    let query = "SELECT participants.subject_id, identifiers.source, external, visits, code, ending, begun_at, ended_at, games \
                 FROM participants \
                 LEFT JOIN sessions ON sessions.experiment = participants.experiment \
                   AND sessions.subject_id = participants.subject_id \
                 LEFT JOIN identifiers ON identifiers.experiment = participants.experiment \
                   AND identifiers.subject_id = participants.subject_id \
                 WHERE participants.experiment = ? AND participants.subject_id > ? \
                 ORDER BY participants.subject_id LIMIT ?";
    let db = env.d1("DB")?;
    let found = statement(&db, query, &[experiment.into(), after.into(), most.into()])?.all().await?;
    let payment = |row: Paid| {
        Ok(identifiers::IdentifierRow {
            subject: row.subject_id,
            source: row.source.unwrap_or_default(),
            external: row
                .external
                .as_deref()
                .map(|text| json::decode("identifiers", text))
                .transpose()?
                .unwrap_or_default(),
            visits: row
                .visits
                .as_deref()
                .map(|text| json::decode("visits", text))
                .transpose()?
                .unwrap_or_default(),
            code: row.code.unwrap_or_default(),
            ending: row.ending.unwrap_or_default(),
            begun_at: row.begun_at,
            ended_at: row.ended_at.unwrap_or_default(),
            games: row
                .games
                .as_deref()
                .map(|text| json::decode("results of games", text))
                .transpose()?
                .unwrap_or_default(),
        })
    };
    found.results::<Paid>()?.into_iter().map(payment).collect()
}

/// An event and its place among all.
#[derive(Debug, Deserialize)]
pub struct PlacedEvent {
    pub source: String,
    pub seq: u32,
    /// The levels of the participant whom it is about, or of the first in the game, as JSON.
    cell: Option<String>,
    #[serde(flatten)]
    pub event: EventRow,
}

/// So many events of an experiment behind that place.
pub async fn events(
    env: &Env,
    experiment: &Experiment,
    after: (&str, i32),
    most: u32,
) -> Result<Vec<PlacedEvent>, ApiError> {
    let query = "SELECT source, seq, subject_id, game_id, scene_id, at, tick, agent, kind, detail, \
                 (SELECT cell FROM participants WHERE participants.experiment = events.experiment \
                  AND participants.subject_id = COALESCE(events.subject_id, (SELECT MIN(seats.subject_id) \
                  FROM seats WHERE seats.game_id = events.game_id AND seats.subject_id <> 'deleted'))) AS cell FROM events \
                 WHERE experiment = ? AND (source, seq) > (?, ?) ORDER BY source, seq LIMIT ?";
    let db = env.d1("DB")?;
    let values = [experiment.id.as_str().into(), after.0.into(), after.1.into(), most.into()];
    let mut placed: Vec<PlacedEvent> = statement(&db, query, &values)?.all().await?.results()?;
    for row in &mut placed {
        let Some(cell) = &row.cell else { continue };
        row.event.condition = json::decode("levels", cell)?;
        // What happened to everybody in a game belongs to the levels of the game alone.
        if row.event.subject_id.is_none() {
            let scene = row.event.scene_id.as_deref().and_then(|scene| experiment.find(scene));
            let varied: Vec<&str> = match scene {
                Some(Scene::Game(game)) => game.varied_by().collect(),
                _ => Vec::new(),
            };
            row.event.condition.retain(|factor, _| varied.contains(&factor.as_str()));
        }
    }
    Ok(placed)
}

/// How many participants an experiment has.
pub async fn participants(env: &Env, experiment: &str) -> Result<u32, ApiError> {
    let query = "SELECT COUNT(*) AS many FROM participants WHERE experiment = ?";
    let db = env.d1("DB")?;
    let many = statement(&db, query, &[experiment.into()])?.first::<f64>(Some("many")).await?;
    Ok(many.unwrap_or(0.0) as u32)
}

#[derive(Deserialize)]
struct Id {
    game_id: String,
}

/// The games in which a participant had a seat.
pub async fn games_of(env: &Env, experiment: &str, subject: &str) -> Result<Vec<String>, ApiError> {
    let query = "SELECT DISTINCT seats.game_id FROM seats JOIN games ON games.game_id = seats.game_id \
                 WHERE games.experiment = ? AND seats.subject_id = ?";
    let db = env.d1("DB")?;
    let found = statement(&db, query, &[experiment.into(), subject.into()])?.all().await?;
    Ok(found.results::<Id>()?.into_iter().map(|row| row.game_id).collect())
}

/// Takes a participant out of every table. In games with others the seat stays, without its participant.
pub async fn forget(env: &Env, experiment: &str, subject: &str) -> Result<(), ApiError> {
    let db = env.d1("DB")?;
    let mut statements = Vec::new();
    for table in ["participants", "sessions", "answers", "identifiers"] {
        let query = format!("DELETE FROM {table} WHERE experiment = ? AND subject_id = ?");
        statements.push(statement(&db, &query, &[experiment.into(), subject.into()])?);
    }
    let source = format!("{experiment}/{subject}");
    statements.push(statement(&db, "DELETE FROM events WHERE source = ?", &[source.into()])?);
    let query = "UPDATE events SET subject_id = ? WHERE experiment = ? AND subject_id = ?";
    statements.push(statement(&db, query, &[DELETED.into(), experiment.into(), subject.into()])?);
    let query = "UPDATE seats SET subject_id = ? WHERE subject_id = ? \
                 AND game_id IN (SELECT game_id FROM games WHERE experiment = ?)";
    statements.push(statement(&db, query, &[DELETED.into(), subject.into(), experiment.into()])?);
    costs::d1(&db.batch(statements).await?)
}
