//! What was stored of a run, read from D1's tables and R2's files as an analyst reads them: by the names of columns.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use footlights_data::steps::per_participant_columns;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// D1, table by table, row by row.
pub type Tables = BTreeMap<String, Vec<BTreeMap<String, Value>>>;

/// What was stored of one experiment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stored {
    /// By id.
    pub games: BTreeMap<String, StoredGame>,
    /// (game, participant)
    pub seats: Vec<(String, String)>,
    /// The last answer by (participant, scene, question).
    pub answers: BTreeMap<(String, String, String), String>,
    /// How a participant's experiment ended; empty while it goes on.
    pub endings: BTreeMap<String, String>,
    /// By (scene, participant).
    pub steps: BTreeMap<(String, String), Steps>,
}

/// A game in D1.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredGame {
    /// The game scene's id.
    pub scene: String,
    /// How it ended.
    pub outcome: String,
    /// How many ticks were played.
    pub ticks: u64,
}

/// A participant's file of steps.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Steps {
    /// The game of each row.
    pub games: Vec<String>,
    /// The tick of each row.
    pub ticks: Vec<u64>,
    /// What every player's file must have alike, row by row.
    pub shared: Vec<Vec<String>>,
}

/// What objects still keep.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leftovers {
    /// Rooms that were looked into.
    pub rooms: u32,
    /// Lobbies that were looked into.
    pub lobbies: u32,
    /// Games in rooms.
    pub games: u32,
    /// Chunks of rows in rooms.
    pub chunks: u32,
    /// Lobbies in which somebody waits.
    pub waiting: u32,
}

impl Stored {
    /// What the tables and files say about one experiment.
    pub fn read(experiment: &str, tables: &Tables, files: &BTreeMap<String, String>) -> Result<Self> {
        let mut stored = Self::default();
        let rows = |table: &str| tables.get(table).map(Vec::as_slice).unwrap_or_default();
        let text = |row: &BTreeMap<String, Value>, column: &str| match row.get(column) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        let here = |row: &&BTreeMap<String, Value>| text(row, "experiment") == experiment;
        for row in rows("games").iter().filter(here) {
            let ticks = row.get("ticks").and_then(Value::as_f64).unwrap_or_default() as u64;
            let game = StoredGame { scene: text(row, "scene_id"), outcome: text(row, "outcome"), ticks };
            stored.games.insert(text(row, "game_id"), game);
        }
        for row in rows("seats") {
            let (game, subject) = (text(row, "game_id"), text(row, "subject_id"));
            if !subject.is_empty() && stored.games.contains_key(&game) {
                stored.seats.push((game, subject));
            }
        }
        let mut answers: Vec<_> = rows("answers").iter().filter(here).collect();
        // Where every attempt has a row, the last one counts.
        answers.sort_by_key(|row| row.get("attempt").and_then(Value::as_f64).unwrap_or_default() as u64);
        for row in answers {
            let key = (text(row, "subject_id"), text(row, "scene_id"), text(row, "question_id"));
            stored.answers.insert(key, text(row, "answer"));
        }
        for row in rows("sessions").iter().filter(here) {
            stored.endings.insert(text(row, "subject_id"), text(row, "ending"));
        }
        for (key, csv) in files {
            let Some((scene, subject)) =
                key.strip_prefix(&format!("data/{experiment}/")).and_then(|rest| rest.split_once('/'))
            else {
                continue;
            };
            let subject = subject.trim_end_matches(".csv").to_owned();
            if let Some(steps) = Steps::read(csv).with_context(|| key.clone())? {
                stored.steps.insert((scene.to_owned(), subject), steps);
            }
        }
        Ok(stored)
    }
}

impl Steps {
    /// Reads a CSV; `None` if it is not one of steps.
    pub fn read(csv: &str) -> Result<Option<Self>> {
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let header = reader.headers()?.clone();
        let place = |name: &str| header.iter().position(|column| column == name);
        let (Some(tick), Some(game)) = (place("tick"), place("game_id")) else { return Ok(None) };
        let own = per_participant_columns();
        let mut steps = Self::default();
        for row in reader.records() {
            let row = row?;
            steps.ticks.push(row.get(tick).and_then(|tick| tick.parse().ok()).context("a tick")?);
            steps.games.extend(row.get(game).map(str::to_owned));
            let shared = header.iter().zip(&row).filter(|(name, _)| !own.contains(*name));
            steps.shared.push(shared.map(|(_, value)| value.to_owned()).collect());
        }
        Ok(Some(steps))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tables_and_files_of_one_experiment_are_read_by_their_columns() {
        let tables: Tables = serde_json::from_value(json!({
            "games": [
                { "game_id": "g", "experiment": "e", "scene_id": "s", "outcome": "completed", "ticks": 2 },
                { "game_id": "x", "experiment": "other", "scene_id": "s", "outcome": "completed", "ticks": 2 },
            ],
            "seats": [
                { "game_id": "g", "subject_id": "a" }, { "game_id": "g", "subject_id": null },
                { "game_id": "x", "subject_id": "b" },
            ],
            "answers": [
                { "experiment": "e", "subject_id": "a", "scene_id": "p", "question_id": "q", "answer": "2", "attempt": 2 },
                { "experiment": "e", "subject_id": "a", "scene_id": "p", "question_id": "q", "answer": "1", "attempt": 1 },
            ],
            "sessions": [{ "experiment": "e", "subject_id": "a", "ending": "completed" }],
        }))
        .unwrap();
        let steps = "subject_id,game_id,tick,rtt_ms,rewards.player_0\na,g,1,5,0\na,g,2,6,-1\n";
        let files = [
            ("data/e/s/a.csv".to_owned(), steps.to_owned()),
            ("data/e/p/a.csv".to_owned(), "subject_id,question_id\na,q\n".to_owned()),
        ];
        let stored = Stored::read("e", &tables, &files.into()).unwrap();
        assert_eq!(stored.games.keys().collect::<Vec<_>>(), ["g"]);
        assert_eq!(stored.seats, [("g".to_owned(), "a".to_owned())]);
        assert_eq!(stored.answers.values().collect::<Vec<_>>(), ["2"]);
        assert_eq!(stored.endings["a"], "completed");
        assert_eq!(stored.steps.len(), 1);
        let steps = &stored.steps[&("s".to_owned(), "a".to_owned())];
        assert_eq!(
            (steps.ticks.as_slice(), steps.shared[1].as_slice()),
            (&[1, 2][..], &["g".to_owned(), "2".into(), "-1".into()][..])
        );
    }
}
