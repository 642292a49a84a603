//! How episodes of training runs ended, in D1.

use serde::{Deserialize, Serialize};
use worker::{Env, wasm_bindgen::JsValue};

use super::d1::statement;
use crate::{costs, error::ApiError};

/// The columns of the table.
#[cfg(test)]
pub const COLUMNS: [&str; 6] = ["id", "timestamp", "run", "episode", "agent_id", "reason"];

/// An episode that the rules ended.
#[derive(Debug, Clone)]
pub struct Failure {
    /// When, in ISO 8601.
    pub timestamp: String,
    pub run: String,
    pub episode: u32,
    pub agent: String,
    pub reason: String,
}

/// Writes some.
pub async fn save(env: &Env, failures: &[Failure]) -> Result<(), ApiError> {
    let db = env.d1("DB")?;
    let query =
        "INSERT INTO training_failures (timestamp, run, episode, agent_id, reason) VALUES (?, ?, ?, ?, ?)";
    let inserts = failures.iter().map(|failure| {
        let values: [JsValue; 5] = [
            failure.timestamp.as_str().into(),
            failure.run.as_str().into(),
            f64::from(failure.episode).into(),
            failure.agent.as_str().into(),
            failure.reason.as_str().into(),
        ];
        statement(&db, query, &values)
    });
    let written = db.batch(inserts.collect::<Result<_, _>>()?).await?;
    costs::d1(&written)
}

/// Which failures are asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    pub agent: Option<String>,
    pub reason: Option<String>,
    pub run: Option<String>,
    pub min_episode: Option<i64>,
    pub max_episode: Option<i64>,
}

impl Filter {
    /// The condition with its values.
    fn condition(&self) -> (String, Vec<JsValue>) {
        let mut conditions = vec!["1".to_owned()];
        let mut values: Vec<JsValue> = Vec::new();
        let texts = [("agent_id", &self.agent), ("reason", &self.reason), ("run", &self.run)];
        for (column, wanted) in texts {
            if let Some(wanted) = wanted {
                conditions.push(format!("{column} = ?"));
                values.push(wanted.as_str().into());
            }
        }
        for (comparison, bound) in [("episode >= ?", self.min_episode), ("episode <= ?", self.max_episode)] {
            if let Some(bound) = bound {
                conditions.push(comparison.to_owned());
                values.push((bound as f64).into());
            }
        }
        (conditions.join(" AND "), values)
    }
}

/// A row of the list.
#[derive(Debug, Serialize, Deserialize)]
pub struct Row {
    pub id: i64,
    pub timestamp: String,
    pub episode: i64,
    pub agent_id: String,
    pub reason: String,
    pub run: String,
}

/// The failures, the latest first.
pub async fn list(env: &Env, filter: &Filter, limit: u32) -> Result<Vec<Row>, ApiError> {
    let (condition, mut values) = filter.condition();
    let query = format!(
        "SELECT id, timestamp, episode, agent_id, reason, run FROM training_failures WHERE {condition} \
         ORDER BY id DESC LIMIT ?"
    );
    values.push(f64::from(limit).into());
    Ok(statement(&env.d1("DB")?, &query, &values)?.all().await?.results()?)
}

/// How often an agent failed for a reason.
#[derive(Debug, Serialize, Deserialize)]
pub struct Summary {
    pub agent_id: String,
    pub reason: String,
    pub count: i64,
    pub last_episode: i64,
    pub last_timestamp: String,
}

/// The failures by agent and reason, the most frequent first.
pub async fn summary(env: &Env, filter: &Filter, top: u32) -> Result<Vec<Summary>, ApiError> {
    let (condition, mut values) = filter.condition();
    let query = format!(
        "SELECT agent_id, reason, COUNT(*) AS count, MAX(episode) AS last_episode, MAX(timestamp) AS last_timestamp \
         FROM training_failures WHERE {condition} GROUP BY agent_id, reason ORDER BY count DESC, agent_id, reason LIMIT ?"
    );
    values.push(f64::from(top).into());
    Ok(statement(&env.d1("DB")?, &query, &values)?.all().await?.results()?)
}
