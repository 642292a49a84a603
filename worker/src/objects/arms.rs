//! The treatment arms of one experiment: who was assigned to which, and who completed the study there.

use footlights_env::digest;
use footlights_experiment::assignment::{self, Assigned};
use serde::{Deserialize, Serialize};
use worker::{DurableObject, Env, Request, Response, SqlStorage, SqlStorageValue, State, durable_object};

use super::{answer, now, question};
use crate::{
    auth,
    costs::{self, Cost},
    error::Fault,
    studies,
};

/// Somebody who begins.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Arrival {
    pub experiment: String,
    pub subject: String,
}

/// A sign of life, or the end.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Seen {
    pub subject: String,
    pub completed: Option<bool>,
}

#[durable_object]
pub struct Arms {
    state: State,
}

impl DurableObject for Arms {
    fn new(state: State, _: Env) -> Self {
        Self { state }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        match request.path().as_str() {
            "/assign" => answer(match question(&mut request).await {
                Ok(arrival) => self.assign(&arrival),
                Err(fault) => Err(fault),
            }),
            "/seen" => answer(match question(&mut request).await {
                Ok(seen) => self.seen(&seen),
                Err(fault) => Err(fault),
            }),
            "/forget" => answer(match question::<String>(&mut request).await {
                Ok(subject) => self.forget(&subject),
                Err(fault) => Err(fault),
            }),
            _ => answer::<()>(Err(Fault::NotFound("request"))),
        }
    }
}

#[derive(Deserialize)]
struct Row {
    subject: String,
    cell: f64,
    completed: Option<f64>,
    seen: f64,
}

impl Arms {
    /// The table, made at first.
    fn table(&self) -> Result<SqlStorage, Fault> {
        let sql = self.state.storage().sql();
        sql.exec(
            "CREATE TABLE IF NOT EXISTS assigned (subject TEXT PRIMARY KEY, cell INTEGER NOT NULL, \
             completed INTEGER, seen INTEGER NOT NULL) WITHOUT ROWID",
            None,
        )?;
        Ok(sql)
    }

    fn rows(&self) -> Result<Vec<Row>, Fault> {
        let sql = self.table()?;
        Ok(sql.exec("SELECT subject, cell, completed, seen FROM assigned", None)?.to_array()?)
    }

    /// The cell of a participant; the same one whenever it is asked again. No wait in it, so two who come at once are
    /// counted one after the other.
    fn assign(&self, arrival: &Arrival) -> Result<usize, Fault> {
        let experiment = studies::experiment(&arrival.experiment)?;
        let rows = self.rows()?;
        if let Some(known) = rows.iter().find(|row| row.subject == arrival.subject) {
            return Ok(known.cell as usize);
        }
        let assigned = rows.iter().map(|row| Assigned {
            condition: row.cell as usize,
            completed: row.completed.map(|completed| completed > 0.5),
            seen: row.seen as u64,
        });
        let draw = digest::of_bytes(&auth::random_u64()?.to_le_bytes());
        costs::add(Cost::SqliteRows, 1);
        let cell = assignment::assign(&experiment.conditions(), assigned, now(), draw);
        self.state.storage().sql().exec(
            "INSERT INTO assigned (subject, cell, seen) VALUES (?, ?, ?)",
            vec![arrival.subject.clone().into(), integer(cell as i64), integer(now() as i64)],
        )?;
        Ok(cell)
    }

    fn forget(&self, subject: &str) -> Result<(), Fault> {
        let sql = self.table()?;
        sql.exec("DELETE FROM assigned WHERE subject = ?", vec![subject.to_owned().into()])?;
        Ok(())
    }

    fn seen(&self, seen: &Seen) -> Result<(), Fault> {
        let sql = self.table()?;
        let completed =
            seen.completed.map_or(SqlStorageValue::Null, |completed| integer(i64::from(completed)));
        sql.exec(
            "UPDATE assigned SET completed = ?, seen = ? WHERE subject = ?",
            vec![completed, integer(now() as i64), seen.subject.clone().into()],
        )?;
        Ok(())
    }
}

fn integer(value: i64) -> SqlStorageValue {
    SqlStorageValue::Integer(value)
}
