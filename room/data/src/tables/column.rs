//! Columns: the one list from which a table is written and its codebook is made, so that neither can say what the other
//! does not.

use crate::record::RecordError;
pub use footlights_experiment::values::{ColumnType, LabeledValue};

/// A column of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// In the header.
    pub name: String,
    /// What it means, and what an empty field means.
    pub description: String,
    /// Such as `ms`; empty where there is none.
    pub unit: String,
    /// What its values look like.
    pub kind: ColumnType,
}

impl Column {
    pub(super) fn new(name: impl Into<String>, kind: ColumnType, description: impl Into<String>) -> Self {
        Self { name: name.into(), description: description.into(), unit: String::new(), kind }
    }

    pub(super) fn unit(mut self, unit: &str) -> Self {
        self.unit = unit.into();
        self
    }
}

/// Levels from pairs.
pub(super) fn levels<const N: usize>(pairs: [(&str, &str); N]) -> ColumnType {
    ColumnType::Levels(pairs.map(|(value, meaning)| LabeledValue::new(value, meaning)).into())
}

/// Any whole number from 0.
pub(super) const COUNT: ColumnType = ColumnType::Integer(Some(0.0), None);

pub(super) fn subject_id() -> Column {
    Column::new(
        "subject_id",
        ColumnType::Text,
        "The participant, the same in every table. Stands for nobody outside the study.",
    )
}

pub(super) fn scene_id(what: &str) -> Column {
    Column::new("scene_id", ColumnType::Text, what)
}

pub(super) fn game_id(what: &str) -> Column {
    Column::new("game_id", ColumnType::Text, what)
}

/// A table as CSV in UTF-8, header included. A row of another length than the header is an error.
pub fn csv<R: IntoIterator<Item = String>>(
    columns: &[Column],
    rows: impl IntoIterator<Item = R>,
) -> Result<Vec<u8>, RecordError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns.iter().map(|column| &column.name)).map_err(unwritable)?;
    for row in rows {
        writer.write_record(row).map_err(unwritable)?;
    }
    writer.into_inner().map_err(|e| RecordError::Unwritable(e.to_string()))
}

fn unwritable(error: csv::Error) -> RecordError {
    RecordError::Unwritable(error.to_string())
}

/// The rows of one CSV under other columns: by name, empty where there was none of that name. What `columns` does not
/// have is left out. For tables that were written under another configuration.
pub fn arrange(columns: &[Column], csv: &[u8]) -> Result<Vec<Vec<String>>, RecordError> {
    let unreadable = |error: csv::Error| RecordError::Unreadable(error.to_string());
    let mut reader = csv::Reader::from_reader(csv);
    let header = reader.headers().map_err(unreadable)?.clone();
    let places: Vec<Option<usize>> =
        columns.iter().map(|column| header.iter().position(|name| name == column.name)).collect();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        let field = |place: &Option<usize>| place.and_then(|k| record.get(k)).unwrap_or_default().to_owned();
        rows.push(places.iter().map(field).collect());
    }
    Ok(rows)
}

/// Rows as CSV without a header, to be put behind others.
pub fn more(rows: impl IntoIterator<Item = Vec<String>>) -> Result<Vec<u8>, RecordError> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).map_err(unwritable)?;
    }
    writer.into_inner().map_err(|e| RecordError::Unwritable(e.to_string()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn columns(n: usize) -> Vec<Column> {
        (0..n).map(|k| Column::new(format!("c{k}"), ColumnType::Text, "")).collect()
    }

    #[test]
    fn a_ragged_row_is_an_error() {
        let short = vec!["a".to_owned()];
        assert!(matches!(csv(&columns(2), [short]), Err(RecordError::Unwritable(_))));
    }

    #[test]
    fn a_table_of_another_configuration_is_arranged_by_name() {
        let old = "b,gone,a\n1,2,3\n";
        let wanted = ["a", "new", "b"].map(|name| Column::new(name, ColumnType::Text, ""));
        assert_eq!(arrange(&wanted, old.as_bytes()).unwrap(), [["3", "", "1"]]);
    }

    proptest! {
        #[test]
        fn whatever_stands_in_a_field_is_read_as_it_was_written(
            rows in prop::collection::vec(prop::collection::vec("[ -~\\n\\r\\t\",;éß語🎭]*", 3), 0..6),
        ) {
            let bytes = csv(&columns(3), rows.clone()).unwrap();
            let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(bytes.as_slice());
            let read: Vec<Vec<String>> =
                reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
            prop_assert_eq!(&read, &rows);
            prop_assert_eq!(&arrange(&columns(3), &bytes).unwrap(), &rows);
            // What is put behind a table is part of it.
            let twice = [bytes.clone(), more(rows.clone()).unwrap()].concat();
            prop_assert_eq!(arrange(&columns(3), &twice).unwrap(), [rows.clone(), rows].concat());
        }
    }
}
