//! What analysts ask in SQL: participants, sessions, answers, games, seats, episodes, events.

use std::collections::BTreeMap;

use footlights_data::{
    record::Chunk,
    session::SessionRecord,
    tables::{self, EventRow, IdentifierRow, iso8601},
    verdict::Verdict,
};
use footlights_experiment::{Answer, Experiment, GameScene, Scene, record::GameInfo};
use serde::Deserialize;
use worker::{D1Database, D1PreparedStatement, Env, wasm_bindgen::JsValue};

use crate::{clock::now, costs, error::ApiError, json};

/// What a participant is called who is deleted.
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

/// Statements that put all rows into a table, as many rows in each as it can bind.
fn insert<const N: usize>(
    db: &D1Database,
    table: &str,
    rows: &[[JsValue; N]],
) -> Result<Vec<D1PreparedStatement>, ApiError> {
    let row = format!("({})", ["?"; N].join(", "));
    let some = |some: &[[JsValue; N]]| {
        let query =
            format!("INSERT OR REPLACE INTO {table} VALUES {}", vec![row.as_str(); some.len()].join(", "));
        statement(db, &query, some.as_flattened())
    };
    rows.chunks((VALUES_A_STATEMENT / N).max(1)).map(some).collect()
}

fn text(value: &Option<String>) -> JsValue {
    value.as_deref().map_or(JsValue::NULL, JsValue::from)
}

fn event(source: &str, seq: usize, experiment: &str, event: &EventRow) -> [JsValue; 11] {
    [
        source.into(),
        (seq as f64).into(),
        experiment.into(),
        text(&event.subject_id),
        text(&event.scene_id),
        text(&event.game_id),
        event.at.as_str().into(),
        event.tick.map_or(JsValue::NULL, JsValue::from),
        text(&event.agent),
        event.kind.as_str().into(),
        event.detail.as_str().into(),
    ]
}

/// How many rows there are of a participant already.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Known {
    pub answers: usize,
    pub events: usize,
}

/// What is stored of a participant. Both only ever grow, so what comes behind is new.
pub async fn known(env: &Env, session: &SessionRecord) -> Result<Known, ApiError> {
    let query = "SELECT (SELECT COUNT(*) FROM answers WHERE experiment = ?1 AND subject_id = ?2) AS answers, \
                 (SELECT COUNT(*) FROM events WHERE source = ?1 || '/' || ?2) AS events";
    let values = [session.experiment.as_str().into(), session.subject.as_str().into()];
    let known = statement(&env.d1("DB")?, query, &values)?.first::<Known>(None).await?;
    Ok(known.unwrap_or(Known { answers: 0, events: 0 }))
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
    let mut statements = vec![
        statement(
            &db,
            "INSERT OR REPLACE INTO participants (experiment, subject_id, begun_at, cell, path) VALUES (?, ?, ?, ?, ?)",
            &[
                id.into(),
                subject.into(),
                iso8601(session.begun_at_ms).into(),
                json::encode("a condition", progress.condition())?.into(),
                json::encode("a path", progress.path())?.into(),
            ],
        )?,
        statement(
            &db,
            "INSERT OR REPLACE INTO sessions (experiment, subject_id, scene_id, status, updated_at, ending, ended_at, \
             games) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            &[
                id.into(),
                subject.into(),
                progress.current(experiment).map(Scene::id).unwrap_or_default().into(),
                if ending.is_some() { "ended" } else { "running" }.into(),
                iso8601(now()).into(),
                ending.map_or(JsValue::NULL, |ending| ending.as_str().into()),
                text(&session.ended_at_ms.map(iso8601)),
                json::encode("results of games", &games)?.into(),
            ],
        )?,
    ];
    if let Some(identifiers) = &session.identifiers {
        statements.push(statement(
            &db,
            "INSERT OR REPLACE INTO identifiers VALUES (?, ?, ?, ?, ?)",
            &[
                id.into(),
                subject.into(),
                identifiers.source.as_str().into(),
                json::encode("identifiers", &identifiers.external)?.into(),
                text(&progress.code(experiment)),
            ],
        )?);
    }
    let answers = session.submissions.iter().flat_map(|page| {
        page.submission.answers.iter().map(move |(question, answer)| {
            [
                id.into(),
                subject.into(),
                page.scene.as_str().into(),
                question.as_str().into(),
                page.submission.attempt.into(),
                answer.to_string().into(),
                page.submission.correct.get(question).map_or(JsValue::NULL, |right| f64::from(*right).into()),
                iso8601(page.at_ms).into(),
            ]
        })
    });
    statements.extend(insert(&db, "answers", &answers.skip(known.answers).collect::<Vec<_>>())?);
    let source = format!("{id}/{subject}");
    let events = tables::session_events(session);
    let events = events.iter().enumerate().skip(known.events);
    let events: Vec<_> = events.map(|(seq, row)| event(&source, seq, id, row)).collect();
    statements.extend(insert(&db, "events", &events)?);
    costs::d1(&db.batch(statements).await?)
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
    let time = |row: Option<&footlights_experiment::record::StepRecord>| {
        row.map_or(JsValue::NULL, |row| iso8601(row.server_time_ms).into())
    };
    let mut statements = vec![statement(
        &db,
        "INSERT OR REPLACE INTO games VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        &[
            game.into(),
            info.experiment.as_str().into(),
            info.scene.as_str().into(),
            scene.environment.id.into(),
            scene.environment.config.to_string().into(),
            info.seed.to_string().into(),
            scene.fps.into(),
            verdict.outcome.as_str().into(),
            (record.rows.len() as f64).into(),
            time(record.rows.first()),
            time(record.rows.last()),
        ],
    )?];
    for seat in &info.seats {
        let own = verdict.seats.get(seat.agent.index()).and_then(Option::as_ref);
        let sum: f32 = record.rows.iter().filter_map(|row| row.rewards.get(seat.agent.index())).sum();
        statements.push(statement(
            &db,
            "INSERT OR REPLACE INTO seats VALUES (?, ?, ?, ?, ?, ?)",
            &[
                game.into(),
                seat.agent.to_string().into(),
                seat.holder.as_str().into(),
                seat.subject.as_deref().map_or(JsValue::NULL, JsValue::from),
                sum.into(),
                own.map_or(JsValue::NULL, |own| own.outcome.as_str().into()),
            ],
        )?);
    }
    for episode in &record.episodes {
        statements.push(statement(
            &db,
            "INSERT OR REPLACE INTO episodes VALUES (?, ?, ?, ?, ?, ?, ?)",
            &[
                game.into(),
                episode.episode.into(),
                episode.steps.into(),
                episode.end.as_ref().into(),
                iso8601(episode.started_ms).into(),
                format!("{:016x}", episode.digest).into(),
                json::encode("returns", &episode.returns)?.into(),
            ],
        )?);
    }
    let events = tables::game_events(info, &record.events);
    let events: Vec<_> =
        events.iter().enumerate().map(|(seq, row)| event(game, seq, &info.experiment, row)).collect();
    statements.extend(insert(&db, "events", &events)?);
    costs::d1(&db.batch(statements).await?)
}

/// A participant as an export needs it.
#[derive(Debug, Deserialize)]
struct Paid {
    subject_id: String,
    source: Option<String>,
    external: Option<String>,
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
) -> Result<Vec<IdentifierRow>, ApiError> {
    let query = "SELECT participants.subject_id, identifiers.source, external, code, ending, begun_at, ended_at, games \
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
        Ok(IdentifierRow {
            subject: row.subject_id,
            source: row.source.unwrap_or_default(),
            external: row
                .external
                .as_deref()
                .map(|text| json::decode("identifiers", text))
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
    #[serde(flatten)]
    pub event: EventRow,
}

/// So many events of an experiment behind that place.
pub async fn events(
    env: &Env,
    experiment: &str,
    after: (&str, i32),
    most: u32,
) -> Result<Vec<PlacedEvent>, ApiError> {
    let query = "SELECT source, seq, subject_id, game_id, scene_id, at, tick, agent, kind, detail FROM events \
                 WHERE experiment = ? AND (source, seq) > (?, ?) ORDER BY source, seq LIMIT ?";
    let db = env.d1("DB")?;
    let values = [experiment.into(), after.0.into(), after.1.into(), most.into()];
    Ok(statement(&db, query, &values)?.all().await?.results()?)
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

/// The games in which somebody had a seat.
pub async fn games_of(env: &Env, experiment: &str, subject: &str) -> Result<Vec<String>, ApiError> {
    let query = "SELECT DISTINCT seats.game_id FROM seats JOIN games ON games.game_id = seats.game_id \
                 WHERE games.experiment = ? AND seats.subject_id = ?";
    let db = env.d1("DB")?;
    let found = statement(&db, query, &[experiment.into(), subject.into()])?.all().await?;
    Ok(found.results::<Id>()?.into_iter().map(|row| row.game_id).collect())
}

/// Takes a participant out of every table. In games with others the seat stays, and is nobody's.
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
