//! What the admin pages list: which experiments have data, and an experiment's games with who played them.

use std::collections::BTreeMap;

use serde::Deserialize;
use worker::{Env, wasm_bindgen::JsValue};

use super::d1::{DELETED, statement};
use crate::error::ApiError;

/// Games on one page.
pub const GAMES: usize = 50;

/// How much there is of an experiment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amount {
    pub participants: u32,
    pub games: u32,
}

#[derive(Deserialize)]
struct Count {
    experiment: String,
    many: u32,
}

/// Every experiment with data, also one that a deployment took away. Costs a look at each participant and game.
pub async fn amounts(env: &Env) -> Result<BTreeMap<String, Amount>, ApiError> {
    let db = env.d1("DB")?;
    let mut amounts = BTreeMap::<String, Amount>::new();
    for row in count(&db, "participants").await? {
        amounts.entry(row.experiment).or_default().participants = row.many;
    }
    for row in count(&db, "games").await? {
        amounts.entry(row.experiment).or_default().games = row.many;
    }
    Ok(amounts)
}

async fn count(db: &worker::D1Database, table: &str) -> Result<Vec<Count>, ApiError> {
    let query = format!("SELECT experiment, COUNT(*) AS many FROM {table} GROUP BY experiment");
    Ok(statement(db, &query, &[])?.all().await?.results()?)
}

/// A finished game.
#[derive(Debug, Clone, Deserialize)]
pub struct Game {
    pub game_id: String,
    pub scene_id: String,
    pub environment: String,
    pub outcome: String,
    pub ticks: u32,
    /// None if there was no tick.
    pub started_at: Option<String>,
    pub episodes: u32,
    /// In the agents' order.
    #[serde(skip)]
    pub seats: Vec<Seat>,
}

/// A seat of a game.
#[derive(Debug, Clone, Deserialize)]
pub struct Seat {
    game_id: String,
    pub agent: String,
    /// `human`, `random` or a policy's name.
    pub holder: String,
    pub subject_id: Option<String>,
    /// How the game ended for the participant.
    pub outcome: Option<String>,
}

impl Seat {
    /// Whether a participant sat there whose data were deleted.
    pub fn deleted(&self) -> bool {
        self.subject_id.as_deref() == Some(DELETED)
    }
}

const COLUMNS: &str = "game_id, scene_id, environment, outcome, ticks, started_at, \
     (SELECT COUNT(*) FROM episodes WHERE episodes.game_id = games.game_id) AS episodes";

/// A page of an experiment's games, from 0, the newest first; and whether there are more behind it.
pub async fn games(env: &Env, experiment: &str, page: u32) -> Result<(Vec<Game>, bool), ApiError> {
    let db = env.d1("DB")?;
    let query = format!(
        "SELECT {COLUMNS} FROM games WHERE experiment = ? ORDER BY started_at DESC, game_id LIMIT ? OFFSET ?"
    );
    let values = [experiment.into(), ((GAMES + 1) as f64).into(), (f64::from(page) * GAMES as f64).into()];
    let mut games: Vec<Game> = statement(&db, &query, &values)?.all().await?.results()?;
    let more = games.len() > GAMES;
    games.truncate(GAMES);
    seat(&db, &mut games).await?;
    Ok((games, more))
}

/// One game of an experiment.
pub async fn game(env: &Env, experiment: &str, game: &str) -> Result<Option<Game>, ApiError> {
    let db = env.d1("DB")?;
    let query = format!("SELECT {COLUMNS} FROM games WHERE experiment = ? AND game_id = ?");
    let mut games: Vec<Game> =
        statement(&db, &query, &[experiment.into(), game.into()])?.all().await?.results()?;
    seat(&db, &mut games).await?;
    Ok(games.pop())
}

/// Reads who held the games' seats.
async fn seat(db: &worker::D1Database, games: &mut [Game]) -> Result<(), ApiError> {
    if games.is_empty() {
        return Ok(());
    }
    let ids: Vec<JsValue> = games.iter().map(|game| game.game_id.as_str().into()).collect();
    let query = format!(
        "SELECT game_id, agent, holder, subject_id, outcome FROM seats WHERE game_id IN ({}) \
         ORDER BY LENGTH(agent), agent",
        vec!["?"; ids.len()].join(", ")
    );
    let seats: Vec<Seat> = statement(db, &query, &ids)?.all().await?.results()?;
    for game in games {
        game.seats = seats.iter().filter(|seat| seat.game_id == game.game_id).cloned().collect();
    }
    Ok(())
}

#[derive(Deserialize)]
struct Rows {
    scene_id: String,
    subject_id: Option<String>,
}

/// The scene and the participant of a seat: where its rows are.
pub async fn rows(
    env: &Env,
    experiment: &str,
    game: &str,
    agent: &str,
) -> Result<(String, String), ApiError> {
    let query = "SELECT scene_id, subject_id FROM games JOIN seats ON seats.game_id = games.game_id \
                 WHERE games.experiment = ? AND games.game_id = ? AND agent = ?";
    let values = [experiment.into(), game.into(), agent.into()];
    let found = statement(&env.d1("DB")?, query, &values)?.first::<Rows>(None).await?;
    let Rows { scene_id, subject_id } = found.ok_or(ApiError::NotFound("there is no such seat"))?;
    match subject_id {
        Some(subject) if subject == DELETED => Err(ApiError::Gone),
        Some(subject) => Ok((scene_id, subject)),
        None => {
            Err(ApiError::NotFound("a policy played in this seat: its actions are in the rows of the others"))
        }
    }
}
