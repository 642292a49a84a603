//! The row of a step in the data: one seat's CSV, looked up by the columns that every table of steps has.

use std::collections::BTreeMap;

use crate::position::ReplayPosition;

/// Why a table cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowsError {
    /// It is not a table of steps.
    Unreadable(String),
    /// The participant has played this scene again; there is one file a scene, with the last game.
    OtherGame,
}

impl std::fmt::Display for RowsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable(why) => write!(f, "The rows of this seat cannot be read: {why}."),
            Self::OtherGame => write!(
                f,
                "The rows that are stored of this participant are of another game of the same scene: the last one counts."
            ),
        }
    }
}

/// One seat's rows of one game.
#[derive(Debug, Clone, PartialEq)]
pub struct StepRows {
    columns: Vec<String>,
    rows: BTreeMap<ReplayPosition, csv::StringRecord>,
}

impl StepRows {
    /// The rows of `game` in a table of steps.
    ///
    /// # Errors
    /// The table cannot be read, or has rows of other games only.
    pub fn parse(table: &[u8], game: &str) -> Result<Self, RowsError> {
        let unreadable = |error: csv::Error| RowsError::Unreadable(error.to_string());
        let mut reader = csv::Reader::from_reader(table);
        let header = reader.headers().map_err(unreadable)?.clone();
        let column = |name: &str| {
            let found = header.iter().position(|known| known == name);
            found.ok_or_else(|| RowsError::Unreadable(format!("it has no column {name}")))
        };
        let (game_id, episode, step) = (column("game_id")?, column("episode")?, column("step")?);
        let mut rows = BTreeMap::new();
        let mut others = false;
        for record in reader.into_records() {
            let record = record.map_err(unreadable)?;
            if record.get(game_id) != Some(game) {
                others = true;
                continue;
            }
            let number = |column: usize| {
                let text = record.get(column).unwrap_or_default();
                text.parse::<u32>()
                    .map_err(|_| RowsError::Unreadable(format!("{text:?} is no number of a step")))
            };
            let place = ReplayPosition { episode: number(episode)?, step: number(step)? };
            rows.insert(place, record);
        }
        if rows.is_empty() && others {
            return Err(RowsError::OtherGame);
        }
        Ok(Self { columns: header.iter().map(str::to_owned).collect(), rows })
    }

    /// The header.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The values of the step that led to this moment, in the order of the columns; `None` before the first step.
    pub fn at(&self, place: ReplayPosition) -> Option<impl Iterator<Item = &str>> {
        self.rows.get(&place).map(csv::StringRecord::iter)
    }

    /// Groups of columns, in order: the word before the first dot, and the number of columns. Columns without a dot belong
    /// to the word `""`.
    pub fn groups(&self) -> Vec<(&str, usize)> {
        let mut groups: Vec<(&str, usize)> = Vec::new();
        for column in &self.columns {
            let word = column.split_once('.').map_or("", |(word, _)| word);
            match groups.last_mut() {
                Some((last, many)) if *last == word => *many += 1,
                _ => groups.push((word, 1)),
            }
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "subject_id,game_id,episode,step,tick,rewards.player_0,rewards.player_1,hooks.a\n\
                         s,g,0,1,1,0,0,\ns,g,0,2,2,-1,1,\"a, b\"\ns,g,1,1,3,0,0,\n";

    #[test]
    fn a_step_is_found_by_episode_and_step() {
        let rows = StepRows::parse(TABLE.as_bytes(), "g").unwrap();
        let at = |episode, step| {
            rows.at(ReplayPosition { episode, step }).map(|row| row.collect::<Vec<_>>().join("|"))
        };
        assert_eq!(at(0, 2).unwrap(), "s|g|0|2|2|-1|1|a, b");
        assert_eq!(at(1, 1).unwrap(), "s|g|1|1|3|0|0|");
        assert_eq!(at(0, 0), None, "no step led to the start");
        assert_eq!(at(1, 2), None);
        assert_eq!(rows.groups(), [("", 5), ("rewards", 2), ("hooks", 1)]);
    }

    #[test]
    fn what_is_no_table_of_this_game_says_so() {
        assert_eq!(StepRows::parse(TABLE.as_bytes(), "other"), Err(RowsError::OtherGame));
        let why = |table: &str| StepRows::parse(table.as_bytes(), "g").unwrap_err().to_string();
        assert_eq!(
            why("game_id,step\ng,1\n"),
            "The rows of this seat cannot be read: it has no column episode."
        );
        assert!(why("game_id,episode,step\ng,0,x\n").contains("\"x\" is no number of a step"));
        assert!(why("game_id,episode,step\ng,0\n").contains("cannot be read"));
        assert!(why("").contains("no column game_id"));
        assert!(why(r#"{"error":"no"}"#).contains("no column"));
        let empty = StepRows::parse(b"game_id,episode,step\n", "g").unwrap();
        assert_eq!(empty.at(ReplayPosition::default()).map(|_| ()), None);
    }
}
