//! The running games of one `Rooms` object in its SQLite: two rows every two seconds a game.

use footlights_data::verdict::Verdict;
use footlights_experiment::record::GameInfo;
use serde::Deserialize;
use worker::{SqlStorage, SqlStorageValue};

use crate::{
    costs::{self, Cost},
    error::ApiError,
    json,
};

/// What is stored of one game.
pub struct StoredGame {
    pub info: GameInfo,
    /// Where to go on from; empty before the first.
    pub checkpoint: Vec<u8>,
    /// Set when the game is over and only waits to be saved.
    pub verdict: Option<Verdict>,
    /// How many chunks there are.
    pub chunks: u32,
}

#[derive(Deserialize)]
struct Text {
    value: String,
}

#[derive(Deserialize)]
struct Count {
    chunks: f64,
}

/// The tables of one object.
pub struct Games(SqlStorage);

impl Games {
    /// Opens the tables, and makes them at first.
    pub fn open(sql: SqlStorage) -> Result<Self, ApiError> {
        sql.exec(
            "CREATE TABLE IF NOT EXISTS games (game TEXT PRIMARY KEY, info TEXT NOT NULL, checkpoint BLOB NOT NULL, \
             outcome TEXT NOT NULL) WITHOUT ROWID",
            None,
        )?;
        sql.exec(
            "CREATE TABLE IF NOT EXISTS chunks (game TEXT NOT NULL, seq INTEGER NOT NULL, data BLOB NOT NULL, \
             PRIMARY KEY (game, seq)) WITHOUT ROWID",
            None,
        )?;
        Ok(Self(sql))
    }

    fn run(&self, query: &str, bindings: Vec<SqlStorageValue>) -> Result<worker::SqlCursor, ApiError> {
        let cursor = self.0.exec(query, bindings)?;
        costs::add(Cost::SqliteRows, cursor.rows_written() as u64);
        Ok(cursor)
    }

    /// A game that begins.
    pub fn create(&self, info: &GameInfo) -> Result<(), ApiError> {
        let values = vec![
            info.game_id.clone().into(),
            json::encode("a game's description", info)?.into(),
            blob(Vec::new()),
        ];
        self.run(
            "INSERT OR REPLACE INTO games (game, info, checkpoint, outcome) VALUES (?, ?, ?, '')",
            values,
        )?;
        Ok(())
    }

    /// A chunk and the checkpoint that goes with it. Both run in one event, so both are kept or neither.
    pub fn append(&self, game: &str, seq: u32, chunk: Vec<u8>, checkpoint: Vec<u8>) -> Result<(), ApiError> {
        let seq = SqlStorageValue::Integer(i64::from(seq));
        self.run(
            "INSERT OR REPLACE INTO chunks (game, seq, data) VALUES (?, ?, ?)",
            vec![game.to_owned().into(), seq, blob(chunk)],
        )?;
        if !checkpoint.is_empty() {
            let values = vec![blob(checkpoint), game.to_owned().into()];
            self.run("UPDATE games SET checkpoint = ? WHERE game = ?", values)?;
        }
        Ok(())
    }

    /// The game is over.
    pub fn finish(&self, game: &str, verdict: &Verdict) -> Result<(), ApiError> {
        let outcome = json::encode("a game's verdict", verdict)?;
        self.run(
            "UPDATE games SET outcome = ? WHERE game = ?",
            vec![outcome.into(), game.to_owned().into()],
        )?;
        Ok(())
    }

    /// Everything about the game is elsewhere now.
    pub fn delete(&self, game: &str) -> Result<(), ApiError> {
        self.run("DELETE FROM chunks WHERE game = ?", vec![game.to_owned().into()])?;
        self.run("DELETE FROM games WHERE game = ?", vec![game.to_owned().into()])?;
        Ok(())
    }

    /// The ids of all games here.
    pub fn ids(&self) -> Result<Vec<String>, ApiError> {
        let rows: Vec<Text> =
            self.run("SELECT game AS value FROM games ORDER BY game", vec![])?.to_array()?;
        Ok(rows.into_iter().map(|row| row.value).collect())
    }

    /// One game.
    pub fn load(&self, game: &str) -> Result<Option<StoredGame>, ApiError> {
        let cursor = self.run(
            "SELECT info, outcome, checkpoint FROM games WHERE game = ?",
            vec![game.to_owned().into()],
        )?;
        let Some(row) = cursor.raw().next().transpose()? else { return Ok(None) };
        let [
            SqlStorageValue::String(info),
            SqlStorageValue::String(outcome),
            SqlStorageValue::Blob(checkpoint),
        ] = row.as_slice()
        else {
            return Err(ApiError::Internal("a stored game has another form".into()));
        };
        let count: Count = self
            .run("SELECT COUNT(*) AS chunks FROM chunks WHERE game = ?", vec![game.to_owned().into()])?
            .one()?;
        Ok(Some(StoredGame {
            info: json::decode("a game's description", info)?,
            checkpoint: checkpoint.clone(),
            verdict: if outcome.is_empty() { None } else { Some(json::decode("a game's verdict", outcome)?) },
            chunks: count.chunks as u32,
        }))
    }

    /// The game's chunks, in order.
    pub fn blobs(&self, game: &str) -> Result<Vec<Vec<u8>>, ApiError> {
        let cursor =
            self.run("SELECT data FROM chunks WHERE game = ? ORDER BY seq", vec![game.to_owned().into()])?;
        let mut blobs = Vec::new();
        for row in cursor.raw() {
            match row?.pop() {
                Some(SqlStorageValue::Blob(bytes)) => blobs.push(bytes),
                _ => return Err(ApiError::Internal("a stored chunk is not a blob".into())),
            }
        }
        Ok(blobs)
    }
}

fn blob(bytes: Vec<u8>) -> SqlStorageValue {
    SqlStorageValue::Blob(bytes)
}
