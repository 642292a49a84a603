//! The assignment of one experiment's participants to its conditions, and who of them completed the experiment.

use footlights_experiment::{
    Condition, Unit,
    assignment::{self, Assigned},
};
use footlights_protocol::EpochMs;
use serde::Deserialize;
use worker::{DurableObject, Env, Request, Response, SqlStorage, SqlStorageValue, State, durable_object};

use crate::{
    auth,
    clock::now,
    costs::{self, Cost},
    error::ApiError,
    experiments, json, log,
    requests::{
        Address, Assign, AssignGroup, AssignmentRequest, Forget, RecordGroup, RecordProgress, call,
        read_request, refuse, respond,
    },
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
            Ok(AssignmentRequest::AssignGroup(request)) => {
                respond(request, async |r| self.assign_group(&r)).await
            }
            Ok(AssignmentRequest::RecordGroup(request)) => {
                respond(request, async |r| self.record_group(&r)).await
            }
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

/// A group or a session.
#[derive(Deserialize)]
struct GroupRow {
    name: String,
    condition: String,
    completed: Option<f64>,
    seen: f64,
}

/// Says that the game of a group is over. No single report matters, so a failure is only logged.
pub(super) async fn record_group(env: &Env, experiment: &str, game: &str, completed: bool) {
    let request = RecordGroup { game: game.to_owned(), completed };
    if let Err(error) = call(env, &Address::assignment(experiment), request).await {
        log!("warn", "progress_not_reported", "game": game, "detail": error.to_string());
    }
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

    /// The table of groups and sessions, created if it does not exist. A condition is stored by its levels, so that another
    /// deployment may add some.
    fn groups(&self) -> Result<SqlStorage, ApiError> {
        let sql = self.state.storage().sql();
        sql.exec(
            "CREATE TABLE IF NOT EXISTS groups (unit TEXT NOT NULL, name TEXT NOT NULL, condition TEXT NOT NULL, \
             completed INTEGER, seen INTEGER NOT NULL, PRIMARY KEY (unit, name)) WITHOUT ROWID",
            None,
        )?;
        Ok(sql)
    }

    /// The levels of a group, and of its session, the same at every call.
    fn assign_group(&self, request: &AssignGroup) -> Result<Condition, ApiError> {
        let session = request.session.clone().unwrap_or_default();
        let mut drawn = self.assign_unit(request, Unit::Session, &session)?;
        drawn.extend(self.assign_unit(request, Unit::Group, &request.game)?);
        Ok(drawn)
    }

    fn assign_unit(&self, request: &AssignGroup, unit: Unit, name: &str) -> Result<Condition, ApiError> {
        let experiment = experiments::experiment(&request.experiment)?;
        let game = experiments::game(&request.experiment, &request.scene)?;
        let conditions = experiment.undrawn(game, unit, &request.known);
        if conditions.len() < 2 {
            return Ok(conditions.into_iter().next().unwrap_or_default());
        }
        let kind = unit.as_str();
        let sql = self.groups()?;
        let query = "SELECT name, condition, completed, seen FROM groups WHERE unit = ?";
        let rows: Vec<GroupRow> = sql.exec(query, vec![kind.into()])?.to_array()?;
        let of = |row: &GroupRow| json::decode::<Condition>("a group's condition", &row.condition).ok();
        if let Some(known) = rows.iter().find(|row| row.name == name).and_then(of)
            && conditions.contains(&known)
        {
            return Ok(known);
        }
        let assigned = rows.iter().filter_map(|row| {
            let condition = of(row)?;
            Some(Assigned {
                condition: conditions.iter().position(|known| *known == condition)?,
                // A session has no end of its own.
                completed: row
                    .completed
                    .map(|completed| completed > 0.5)
                    .or((unit == Unit::Session).then_some(true)),
                seen: EpochMs(row.seen as u64),
            })
        });
        let picked = assignment::assign(&conditions, assigned, now(), auth::random_u64()?);
        let condition = conditions.into_iter().nth(picked).unwrap_or_default();
        costs::add(Cost::SqliteRows, 1);
        sql.exec(
            "INSERT OR REPLACE INTO groups (unit, name, condition, completed, seen) VALUES (?, ?, ?, NULL, ?)",
            vec![kind.into(), name.into(), json::encode("a condition", &condition)?.into(), integer(now().0 as i64)],
        )?;
        Ok(condition)
    }

    fn record_group(&self, request: &RecordGroup) -> Result<(), ApiError> {
        self.groups()?.exec(
            "UPDATE groups SET completed = ?, seen = ? WHERE unit = ? AND name = ?",
            vec![
                integer(i64::from(request.completed)),
                integer(now().0 as i64),
                Unit::Group.as_str().into(),
                request.game.clone().into(),
            ],
        )?;
        Ok(())
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
