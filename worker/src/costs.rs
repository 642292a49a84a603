//! Counts what Cloudflare bills, since this isolate began: for the researcher who asks what a participant costs. It
//! decides nothing.
//!
//! An isolate sees its own share only; at the local edge there is one, so it sees everything.

use std::cell::RefCell;

use worker::{D1Result, State};

use crate::error::ApiError;

/// Something that is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cost {
    /// A request to the worker.
    Requests,
    /// A request to an object; every socket that opens is one.
    ObjectRequests,
    /// A message from a browser; twenty are billed as one request to an object.
    SocketMessages,
    /// A row written in an object's SQLite; a key and an alarm are one each.
    SqliteRows,
    /// A row written in D1, its indexes included.
    D1Rows,
    /// A write or a list in R2.
    R2ClassA,
    /// A read in R2.
    R2ClassB,
    /// A second in which an object ran games; it cannot sleep then.
    RoomSeconds,
}

const NAMES: [(Cost, &str); 8] = [
    (Cost::Requests, "requests"),
    (Cost::ObjectRequests, "object_requests"),
    (Cost::SocketMessages, "socket_messages"),
    (Cost::SqliteRows, "sqlite_rows_written"),
    (Cost::D1Rows, "d1_rows_written"),
    (Cost::R2ClassA, "r2_class_a"),
    (Cost::R2ClassB, "r2_class_b"),
    (Cost::RoomSeconds, "room_seconds"),
];

thread_local! {
    static COUNTS: RefCell<[u64; NAMES.len()]> = const { RefCell::new([0; NAMES.len()]) };
}

/// Counts `n` more.
pub fn add(cost: Cost, n: u64) {
    COUNTS.with_borrow_mut(|counts| {
        if let Some(count) = counts.get_mut(cost as usize) {
            *count += n;
        }
    });
}

/// All counts by name.
pub fn all() -> serde_json::Map<String, serde_json::Value> {
    COUNTS.with_borrow(|counts| {
        NAMES.iter().zip(counts).map(|((_, name), count)| ((*name).to_owned(), (*count).into())).collect()
    })
}

/// Counts the rows that D1 says it wrote.
pub fn d1(results: &[D1Result]) -> Result<(), ApiError> {
    for result in results {
        let written = result.meta()?.and_then(|meta| meta.rows_written).unwrap_or(0);
        add(Cost::D1Rows, written as u64);
    }
    Ok(())
}

/// Sets an object's alarm.
pub async fn set_alarm(state: &State, in_ms: i64) -> worker::Result<()> {
    add(Cost::SqliteRows, 1);
    state.storage().set_alarm(in_ms).await
}

/// Keeps a value under a key in an object's storage.
pub async fn put<T: serde::Serialize>(state: &State, key: &str, value: T) -> worker::Result<()> {
    add(Cost::SqliteRows, 1);
    state.storage().put(key, value).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cost_has_its_own_count_and_name() {
        for (place, (cost, _)) in NAMES.iter().enumerate() {
            assert_eq!(*cost as usize, place);
        }
        add(Cost::D1Rows, 2);
        add(Cost::D1Rows, 3);
        assert_eq!(all()["d1_rows_written"], 5);
        assert_eq!(all()["requests"], 0);
    }
}
