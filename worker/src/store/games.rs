//! The running games of one `Rooms` object in its storage: a chunk and a checkpoint every two seconds a game. No message of
//! the object waits for them: see [`unconfirmed`](super::unconfirmed).

use footlights_data::verdict::Verdict;
use footlights_experiment::record::GameInfo;
use worker::{SqlStorage, SqlStorageValue, Storage};

use super::unconfirmed::{KeyValues, Value, Written};
use crate::{error::ApiError, json};

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

/// How much of a chunk is under one key; a value may have two million bytes.
const PART_BYTES: usize = 1 << 20;

/// What is stored under which key. Ids of games have neither `/` nor `.`.
mod key {
    pub const GAMES: &str = "game/";

    pub fn info(game: &str) -> String {
        format!("{GAMES}{game}")
    }

    pub fn verdict(game: &str) -> String {
        format!("verdict/{game}")
    }

    pub fn checkpoint(game: &str) -> String {
        format!("checkpoint/{game}")
    }

    pub fn chunks(game: &str) -> String {
        format!("chunk/{game}/")
    }

    pub fn chunk(game: &str, seq: u32, part: usize) -> String {
        format!("{}{seq:08}.{part:03}", chunks(game))
    }

    /// The place of a chunk among those of its game.
    pub fn seq(key: &str) -> Option<u32> {
        key.rsplit_once('/')?.1.split_once('.')?.0.parse().ok()
    }
}

/// The games of one object.
pub struct Games(KeyValues);

impl Games {
    /// Those of an object with this storage.
    ///
    /// # Errors
    /// What the storage says.
    pub fn open(storage: &Storage) -> Result<Self, ApiError> {
        let games = Self(KeyValues::of(storage));
        games.take_over_tables(&storage.sql())?;
        Ok(games)
    }

    /// A game that begins.
    ///
    /// # Errors
    /// What the storage says.
    pub fn create(&self, info: &GameInfo) -> Result<Written, ApiError> {
        let text = Value::Text(json::encode("a game's description", info)?);
        Ok(self.0.put([(key::info(&info.game_id), text)])?)
    }

    /// A chunk and the checkpoint that goes with it: both are kept or neither.
    ///
    /// # Errors
    /// What the storage says.
    pub fn append(&self, game: &str, seq: u32, chunk: &[u8], checkpoint: &[u8]) -> Result<Written, ApiError> {
        let mut entries = in_parts(game, seq, chunk);
        if !checkpoint.is_empty() {
            entries.push((key::checkpoint(game), Value::Bytes(checkpoint.to_vec())));
        }
        Ok(self.0.put(entries)?)
    }

    /// The game is over.
    ///
    /// # Errors
    /// What the storage says.
    pub fn finish(&self, game: &str, verdict: &Verdict) -> Result<Written, ApiError> {
        let text = Value::Text(json::encode("a game's verdict", verdict)?);
        Ok(self.0.put([(key::verdict(game), text)])?)
    }

    /// Everything about the game is elsewhere now.
    ///
    /// # Errors
    /// What the storage says.
    pub fn delete(&self, game: &str) -> Result<Vec<Written>, ApiError> {
        let mut keys = self.0.keys(&key::chunks(game))?;
        keys.extend([key::checkpoint(game), key::verdict(game), key::info(game)]);
        Ok(self.0.delete(&keys)?)
    }

    /// Calls the object's alarm in so many milliseconds.
    ///
    /// # Errors
    /// What the storage says.
    pub fn set_alarm(&self, in_ms: u64) -> Result<Written, ApiError> {
        Ok(self.0.set_alarm(in_ms)?)
    }

    /// The ids of all games here.
    ///
    /// # Errors
    /// What the storage says.
    pub fn ids(&self) -> Result<Vec<String>, ApiError> {
        let keys = self.0.keys(key::GAMES)?.into_iter();
        Ok(keys.filter_map(|known| Some(known.strip_prefix(key::GAMES)?.to_owned())).collect())
    }

    /// One game.
    ///
    /// # Errors
    /// What the storage says, or if a stored value has another form.
    pub fn load(&self, game: &str) -> Result<Option<StoredGame>, ApiError> {
        let Some(info) = self.0.get(&key::info(game))?.and_then(Value::text) else { return Ok(None) };
        let verdict = self.0.get(&key::verdict(game))?.and_then(Value::text);
        let last = self.0.last_key(&key::chunks(game))?;
        Ok(Some(StoredGame {
            info: json::decode("a game's description", &info)?,
            checkpoint: self.0.get(&key::checkpoint(game))?.and_then(Value::bytes).unwrap_or_default(),
            verdict: verdict.map(|text| json::decode("a game's verdict", &text)).transpose()?,
            chunks: last.and_then(|known| key::seq(&known)).map_or(0, |seq| seq + 1),
        }))
    }

    /// The game's chunks, in order.
    ///
    /// # Errors
    /// What the storage says.
    pub fn chunks(&self, game: &str) -> Result<Vec<Vec<u8>>, ApiError> {
        let mut chunks: Vec<Vec<u8>> = Vec::new();
        let mut newest = None;
        for (known, value) in self.0.list(&key::chunks(game))? {
            let (seq, bytes) = (key::seq(&known), value.bytes().unwrap_or_default());
            match chunks.last_mut() {
                Some(chunk) if seq == newest => chunk.extend(bytes),
                _ => chunks.push(bytes),
            }
            newest = seq;
        }
        Ok(chunks)
    }

    /// Moves what earlier builds kept in tables, so that a deployment in the middle of a game loses nothing. The tables stay
    /// until all of it is under its keys.
    fn take_over_tables(&self, sql: &SqlStorage) -> Result<(), ApiError> {
        let known = "SELECT 1 FROM sqlite_master WHERE name = 'games'";
        if sql.exec(known, None)?.raw().next().is_none() {
            return Ok(());
        }
        let mut entries = Vec::new();
        for row in sql.exec("SELECT game, info, checkpoint, outcome FROM games", None)?.raw() {
            let [
                SqlStorageValue::String(game),
                SqlStorageValue::String(info),
                SqlStorageValue::Blob(checkpoint),
                SqlStorageValue::String(outcome),
            ] = <[SqlStorageValue; 4]>::try_from(row?).map_err(|_| other_form())?
            else {
                return Err(other_form());
            };
            entries.push((key::info(&game), Value::Text(info)));
            if !checkpoint.is_empty() {
                entries.push((key::checkpoint(&game), Value::Bytes(checkpoint)));
            }
            if !outcome.is_empty() {
                entries.push((key::verdict(&game), Value::Text(outcome)));
            }
        }
        for row in sql.exec("SELECT game, seq, data FROM chunks", None)?.raw() {
            let [SqlStorageValue::String(game), seq, SqlStorageValue::Blob(data)] =
                <[SqlStorageValue; 3]>::try_from(row?).map_err(|_| other_form())?
            else {
                return Err(other_form());
            };
            let seq = match seq {
                SqlStorageValue::Integer(seq) => seq as u32,
                SqlStorageValue::Float(seq) => seq as u32,
                _ => return Err(other_form()),
            };
            entries.extend(in_parts(&game, seq, &data));
        }
        for (known, value) in entries {
            let _ = self.0.put([(known.clone(), value)])?;
            if self.0.get(&known)?.is_none() {
                return Err(ApiError::Internal(format!("{known} of an earlier build could not be written")));
            }
        }
        sql.exec("DROP TABLE games", None)?;
        sql.exec("DROP TABLE chunks", None)?;
        Ok(())
    }
}

/// A chunk as values that the storage takes.
fn in_parts(game: &str, seq: u32, chunk: &[u8]) -> Vec<(String, Value)> {
    let parts = chunk.chunks(PART_BYTES).enumerate();
    parts.map(|(part, bytes)| (key::chunk(game, seq, part), Value::Bytes(bytes.to_vec()))).collect()
}

fn other_form() -> ApiError {
    ApiError::Internal("a stored game has another form".into())
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn a_chunks_key_says_its_place_and_keys_are_in_the_order_of_places() {
        let keys: Vec<String> = [(9, 0), (9, 1), (10, 0), (123_456, 2)]
            .into_iter()
            .map(|(seq, part)| key::chunk("g1", seq, part))
            .collect();
        assert!(keys.is_sorted() && keys.iter().all(|known| known.starts_with(&key::chunks("g1"))));
        assert_eq!(
            keys.iter().map(|known| key::seq(known)).collect::<Vec<_>>(),
            [9, 9, 10, 123_456].map(Some)
        );
    }
}
