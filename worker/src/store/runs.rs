//! The stored training run of one `Training` object in its SQLite: some rows, because one may hold two megabytes at most.

use worker::{SqlStorage, SqlStorageValue};

use crate::{
    costs::{self, Cost},
    error::ApiError,
};

/// Bytes of a row.
const PART: usize = 1 << 20;

/// The table of one object.
pub struct Runs(SqlStorage);

impl Runs {
    /// Opens the table, and makes it at first.
    pub fn open(sql: SqlStorage) -> Result<Self, ApiError> {
        sql.exec("CREATE TABLE IF NOT EXISTS run (part INTEGER PRIMARY KEY, data BLOB NOT NULL)", None)?;
        Ok(Self(sql))
    }

    fn run(&self, query: &str, bindings: Vec<SqlStorageValue>) -> Result<worker::SqlCursor, ApiError> {
        let cursor = self.0.exec(query, bindings)?;
        costs::add(Cost::SqliteRows, cursor.rows_written() as u64);
        Ok(cursor)
    }

    /// Keeps the run in place of what was kept; nothing, if there is none any more. All of it is written in one event.
    pub fn keep(&self, stored: Option<&[u8]>) -> Result<(), ApiError> {
        let parts = stored.map(|stored| stored.chunks(PART)).into_iter().flatten();
        let mut count = 0;
        for part in parts {
            let values = vec![SqlStorageValue::Integer(count), SqlStorageValue::Blob(part.to_vec())];
            self.run("INSERT OR REPLACE INTO run (part, data) VALUES (?, ?)", values)?;
            count += 1;
        }
        self.run("DELETE FROM run WHERE part >= ?", vec![SqlStorageValue::Integer(count)])?;
        Ok(())
    }

    /// What is kept.
    pub fn load(&self) -> Result<Option<Vec<u8>>, ApiError> {
        let mut stored = Vec::new();
        for row in self.run("SELECT data FROM run ORDER BY part", vec![])?.raw() {
            match row?.pop() {
                Some(SqlStorageValue::Blob(part)) => stored.extend(part),
                _ => return Err(ApiError::Internal("a stored run is not a blob".into())),
            }
        }
        Ok((!stored.is_empty()).then_some(stored))
    }
}
