//! The assignment of one experiment's participants to its conditions, and who of them completed the experiment.

use footlights_experiment::assignment::{self, Assigned};
use footlights_protocol::EpochMs;
use serde::Deserialize;
use worker::{DurableObject, Env, Request, Response, SqlStorage, SqlStorageValue, State, durable_object};

use crate::{
    auth,
    clock::now,
    costs::{self, Cost},
    error::ApiError,
    experiments,
    requests::{Assign, AssignmentRequest, Forget, RecordProgress, read_request, refuse, respond},
};

#[durable_object]
pub struct Assignment {
    state: State,
}

impl DurableObject for Assignment {
    fn new(state: State, _: Env) -> Self {
        Self { state }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        match read_request(&mut request).await {
            Ok(AssignmentRequest::Assign(request)) => respond(request, async |r| self.assign(&r)).await,
            Ok(AssignmentRequest::RecordProgress(request)) => {
                respond(request, async |r| self.record_progress(&r)).await
            }
            Ok(AssignmentRequest::Forget(request)) => respond(request, async |r| self.forget(&r)).await,
            Err(error) => refuse(&error),
        }
    }
}

/// A row of the table. Numbers come from SQLite as 64-bit floats.
#[derive(Deserialize)]
struct Row {
    subject: String,
    cell: f64,
    completed: Option<f64>,
    seen: f64,
}

impl Assignment {
    /// The table, created if it does not exist.
    fn table(&self) -> Result<SqlStorage, ApiError> {
        let sql = self.state.storage().sql();
        sql.exec(
            "CREATE TABLE IF NOT EXISTS assigned (subject TEXT PRIMARY KEY, cell INTEGER NOT NULL, \
             completed INTEGER, seen INTEGER NOT NULL) WITHOUT ROWID",
            None,
        )?;
        Ok(sql)
    }

    fn rows(&self) -> Result<Vec<Row>, ApiError> {
        let sql = self.table()?;
        Ok(sql.exec("SELECT subject, cell, completed, seen FROM assigned", None)?.to_array()?)
    }

    /// The index of a participant's condition, the same at every call. Nothing here waits, so two participants who
    /// begin at once are counted one after the other.
    fn assign(&self, request: &Assign) -> Result<usize, ApiError> {
        let experiment = experiments::experiment(&request.experiment)?;
        let rows = self.rows()?;
        if let Some(known) = rows.iter().find(|row| row.subject == request.subject) {
            return Ok(known.cell as usize);
        }
        let assigned = rows.iter().map(|row| Assigned {
            condition: row.cell as usize,
            completed: row.completed.map(|completed| completed > 0.5),
            seen: EpochMs(row.seen as u64),
        });
        let condition = assignment::assign(&experiment.conditions(), assigned, now(), auth::random_u64()?);
        costs::add(Cost::SqliteRows, 1);
        self.state.storage().sql().exec(
            "INSERT INTO assigned (subject, cell, completed, seen) VALUES (?, ?, NULL, ?)",
            vec![request.subject.clone().into(), integer(condition as i64), integer(now().0 as i64)],
        )?;
        Ok(condition)
    }

    fn forget(&self, request: &Forget) -> Result<(), ApiError> {
        let sql = self.table()?;
        sql.exec("DELETE FROM assigned WHERE subject = ?", vec![request.subject.clone().into()])?;
        Ok(())
    }

    fn record_progress(&self, request: &RecordProgress) -> Result<(), ApiError> {
        let sql = self.table()?;
        let completed =
            request.completed.map_or(SqlStorageValue::Null, |completed| integer(i64::from(completed)));
        sql.exec(
            "UPDATE assigned SET completed = ?, seen = ? WHERE subject = ?",
            vec![completed, integer(now().0 as i64), request.subject.clone().into()],
        )?;
        Ok(())
    }
}

fn integer(value: i64) -> SqlStorageValue {
    SqlStorageValue::Integer(value)
}
