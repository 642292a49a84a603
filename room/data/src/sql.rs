//! Rows for a database in SQL: one list of columns from which the names in an `INSERT` and the values behind them come,
//! so that they cannot be of another order. Nothing here talks to a database.

use std::sync::Arc;

use crate::column::{Field, Table};

type Extract<R> = Box<dyn Fn(&R) -> Field + Send + Sync>;

/// A table of a database, and how its rows are made from `R`.
///
/// ```
/// use footlights_data::{column::Field, sql::SqlTable};
///
/// struct Seat { game: String, score: f32 }
///
/// let seats = SqlTable::new("seats")
///     .column("game_id", |seat: &Seat| Field::text(&seat.game))
///     .column("return", |seat: &Seat| seat.score.into());
/// let rows = [Seat { game: "g".into(), score: 1.0 }, Seat { game: "h".into(), score: 0.5 }];
/// let inserts = seats.inserts(&rows, 100);
/// assert_eq!(
///     inserts[0].query,
///     "INSERT OR REPLACE INTO \"seats\" (\"game_id\", \"return\") VALUES (?, ?), (?, ?)"
/// );
/// assert_eq!(inserts[0].values[2], Field::text("h"));
/// ```
pub struct SqlTable<R> {
    name: &'static str,
    columns: Vec<(String, Extract<R>)>,
}

/// A statement and what is bound to its places.
#[derive(Debug, Clone, PartialEq)]
pub struct Insert {
    /// With a `?` for each value.
    pub query: String,
    /// In the order of the places.
    pub values: Vec<Field>,
}

impl<R> SqlTable<R> {
    /// A table without columns.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { name, columns: Vec::new() }
    }

    /// A further column.
    #[must_use]
    pub fn column(mut self, name: &str, extract: impl Fn(&R) -> Field + Send + Sync + 'static) -> Self {
        self.columns.push((name.to_owned(), Box::new(extract)));
        self
    }

    /// All columns of a table in CSV, under the same names; its rows are a part of `R`.
    #[must_use]
    pub fn columns_of<S: 'static>(
        mut self,
        table: Table<S>,
        part: impl Fn(&R) -> &S + Send + Sync + 'static,
    ) -> Self {
        let part = Arc::new(part);
        self.columns.extend(table.into_columns().into_iter().map(|column| {
            let (name, part) = (column.info().name.clone(), Arc::clone(&part));
            let extract: Extract<R> = Box::new(move |row| column.field(part(row)));
            (name, extract)
        }));
        self
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The names of its columns.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| name.as_str())
    }

    /// Statements that put all rows into the table, in place of those of the same key; at most `most` values are bound to
    /// one statement, or one row.
    #[must_use]
    pub fn inserts(&self, rows: &[R], most: usize) -> Vec<Insert> {
        let names: Vec<String> = self.columns().map(|name| format!("\"{name}\"")).collect();
        let places = format!("({})", vec!["?"; names.len()].join(", "));
        let insert = |rows: &[R]| Insert {
            query: format!(
                "INSERT OR REPLACE INTO \"{}\" ({}) VALUES {}",
                self.name,
                names.join(", "),
                vec![places.as_str(); rows.len()].join(", ")
            ),
            values: rows
                .iter()
                .flat_map(|row| self.columns.iter().map(|(_, extract)| extract(row)))
                .collect(),
        };
        rows.chunks((most / names.len().max(1)).max(1)).map(insert).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::{Column, ColumnType};

    #[test]
    fn as_many_rows_go_into_a_statement_as_it_can_bind() {
        let table = Table::new(vec![Column::new("b", ColumnType::Boolean, "", |b: &bool| (*b).into())]);
        let sql =
            SqlTable::new("t").column("a", |(a, _): &(u32, bool)| (*a).into()).columns_of(table, |(_, b)| b);
        let rows: Vec<(u32, bool)> = (0..5).map(|a| (a, a > 2)).collect();
        let inserts = sql.inserts(&rows, 5);
        assert_eq!(inserts.iter().map(|insert| insert.values.len()).collect::<Vec<_>>(), [4, 4, 2]);
        assert_eq!(inserts[1].values, [2u32.into(), false.into(), 3u32.into(), true.into()]);
        assert_eq!(inserts[2].query, "INSERT OR REPLACE INTO \"t\" (\"a\", \"b\") VALUES (?, ?)");
        // A row that is wider than a statement should be is still one.
        assert_eq!(sql.inserts(&rows, 1).len(), 5);
        assert!(sql.inserts(&[], 5).is_empty());
    }
}
