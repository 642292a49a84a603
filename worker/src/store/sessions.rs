//! The sessions of one `Watch` object in its SQLite: a row each, written after commands and every ten seconds of playing.

use footlights_protocol::EpochMs;
use worker::{SqlStorage, SqlStorageValue};

use crate::{
    costs::{self, Cost},
    error::ApiError,
};

/// The tables of one object.
pub struct Sessions(SqlStorage);

impl Sessions {
    /// Opens the table, and makes it at first.
    pub fn open(sql: SqlStorage) -> Result<Self, ApiError> {
        sql.exec(
            "CREATE TABLE IF NOT EXISTS sessions (session TEXT PRIMARY KEY, stored BLOB NOT NULL, kept REAL NOT NULL) \
             WITHOUT ROWID",
            None,
        )?;
        Ok(Self(sql))
    }

    fn run(&self, query: &str, bindings: Vec<SqlStorageValue>) -> Result<worker::SqlCursor, ApiError> {
        let cursor = self.0.exec(query, bindings)?;
        costs::add(Cost::SqliteRows, cursor.rows_written() as u64);
        Ok(cursor)
    }

    /// Keeps a session.
    pub fn keep(&self, session: &str, stored: Vec<u8>, now: EpochMs) -> Result<(), ApiError> {
        let values = vec![
            session.to_owned().into(),
            SqlStorageValue::Blob(stored),
            SqlStorageValue::Float(now.0 as f64),
        ];
        self.run("INSERT OR REPLACE INTO sessions (session, stored, kept) VALUES (?, ?, ?)", values)?;
        Ok(())
    }

    /// What is kept of a session.
    pub fn load(&self, session: &str) -> Result<Option<Vec<u8>>, ApiError> {
        let cursor =
            self.run("SELECT stored FROM sessions WHERE session = ?", vec![session.to_owned().into()])?;
        match cursor.raw().next().transpose()?.and_then(|mut row| row.pop()) {
            Some(SqlStorageValue::Blob(stored)) => Ok(Some(stored)),
            Some(_) => Err(ApiError::Internal("a stored session is not a blob".into())),
            None => Ok(None),
        }
    }

    /// Forgets a session.
    pub fn forget(&self, session: &str) -> Result<(), ApiError> {
        self.run("DELETE FROM sessions WHERE session = ?", vec![session.to_owned().into()])?;
        Ok(())
    }

    /// Forgets the sessions that were not kept since then, but those that are open.
    pub fn forget_before(&self, then: EpochMs, open: &[String]) -> Result<(), ApiError> {
        let old = self.run(
            "SELECT session FROM sessions WHERE kept < ?",
            vec![SqlStorageValue::Float(then.0 as f64)],
        )?;
        let mut ids = Vec::new();
        for row in old.raw() {
            if let Some(SqlStorageValue::String(id)) = row?.pop() {
                ids.push(id);
            }
        }
        ids.iter().filter(|id| !open.contains(id)).try_for_each(|id| self.forget(id))
    }
}
