//! What analysts ask in SQL: participants, sessions, answers, games, seats, episodes, events.

use room::{
    experiment::{Experiment, GameScene, Scene},
    record::{Chunk, GameInfo},
    room::Verdict,
    session::Snapshot,
    tables::iso8601,
};
use worker::{D1Database, D1PreparedStatement, Env, wasm_bindgen::JsValue};

use crate::{error::Fault, objects::now};

/// Rows of `events` in one statement: D1 binds 100 values at most.
const EVENTS_A_STATEMENT: usize = 14;

fn statement(db: &D1Database, query: &str, values: &[JsValue]) -> Result<D1PreparedStatement, Fault> {
    Ok(db.prepare(query).bind(values)?)
}

/// Where a participant is now, and every answer so far; doing it twice does no harm.
pub async fn participant(env: &Env, experiment: &Experiment, session: &Snapshot) -> Result<(), Fault> {
    let db = env.d1("DB")?;
    let (id, subject) = (session.experiment.as_str(), session.subject.as_str());
    let scene = session.stager.current(experiment).map(Scene::id).unwrap_or_default();
    let status = session.stager.ending(experiment).map_or("running", |ending| ending.as_str());
    let mut statements = vec![
        statement(
            &db,
            "INSERT OR IGNORE INTO participants VALUES (?, ?, ?)",
            &[id.into(), subject.into(), iso8601(session.begun_at_ms).into()],
        )?,
        statement(
            &db,
            "INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, ?)",
            &[id.into(), subject.into(), scene.into(), status.into(), iso8601(now()).into()],
        )?,
    ];
    for page in &session.sheets {
        for (question, answer) in &page.sheet.answers {
            statements.push(statement(
                &db,
                "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?)",
                &[
                    id.into(),
                    subject.into(),
                    page.scene.as_str().into(),
                    question.as_str().into(),
                    answer.to_string().into(),
                    iso8601(page.at_ms).into(),
                ],
            )?);
        }
    }
    db.batch(statements).await?;
    Ok(())
}

/// A finished game; doing it twice does no harm.
pub async fn save(
    env: &Env,
    scene: &GameScene,
    info: &GameInfo,
    record: &Chunk,
    verdict: &Verdict,
) -> Result<(), Fault> {
    let db = env.d1("DB")?;
    let game = info.game_id.as_str();
    let time =
        |row: Option<&room::record::Row>| row.map_or(JsValue::NULL, |row| iso8601(row.server_time_ms).into());
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
                serde_json::to_string(&episode.returns)?.into(),
            ],
        )?);
    }
    let numbered: Vec<_> = (0u32..).zip(&record.events).collect();
    for some in numbered.chunks(EVENTS_A_STATEMENT) {
        let rows = vec!["(?, ?, ?, ?, ?, ?, ?)"; some.len()].join(", ");
        let mut values: Vec<JsValue> = Vec::with_capacity(some.len() * 7);
        for (seq, event) in some {
            values.extend([
                game.into(),
                (*seq).into(),
                iso8601(event.at_ms).into(),
                event.tick.into(),
                event.agent.map_or(JsValue::NULL, |agent| agent.to_string().into()),
                event.kind.as_ref().into(),
                event.detail.as_str().into(),
            ]);
        }
        statements.push(statement(&db, &format!("INSERT OR REPLACE INTO events VALUES {rows}"), &values)?);
    }
    db.batch(statements).await?;
    Ok(())
}
