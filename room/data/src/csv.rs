//! Tables as CSV in UTF-8, and files of older builds under the header of this one.

use std::borrow::Borrow;

use crate::{
    column::{ColumnInfo, Table},
    error::RecordError,
};

fn unwritable(error: impl std::fmt::Display) -> RecordError {
    RecordError::Unwritable(error.to_string())
}

fn unreadable(error: impl std::fmt::Display) -> RecordError {
    RecordError::Unreadable(error.to_string())
}

/// Header and rows are put together from parts, so no part has a header of its own.
fn writer() -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new())
}

fn header(columns: &[ColumnInfo]) -> Result<Vec<u8>, RecordError> {
    let mut writer = writer();
    writer.write_record(columns.iter().map(|column| &column.name)).map_err(unwritable)?;
    writer.into_inner().map_err(unwritable)
}

impl<R> Table<R> {
    /// The rows as CSV, header included.
    ///
    /// # Errors
    /// [`RecordError::Unwritable`] if a row does not go into the buffer.
    pub fn csv<B: Borrow<R>>(&self, rows: impl IntoIterator<Item = B>) -> Result<Vec<u8>, RecordError> {
        let mut csv = self.header()?;
        csv.extend(self.rows(rows)?);
        Ok(csv)
    }

    /// The header as CSV.
    ///
    /// # Errors
    /// As [`Table::csv`].
    pub fn header(&self) -> Result<Vec<u8>, RecordError> {
        header(&self.describe())
    }

    /// The rows as CSV without a header, to be put behind others.
    ///
    /// # Errors
    /// As [`Table::csv`].
    pub fn rows<B: Borrow<R>>(&self, rows: impl IntoIterator<Item = B>) -> Result<Vec<u8>, RecordError> {
        let mut writer = writer();
        let mut text = String::new();
        for row in rows {
            for column in self.columns() {
                text.clear();
                column.field(row.borrow()).write(&mut text);
                writer.write_field(&text).map_err(unwritable)?;
            }
            writer.write_record(None::<&[u8]>).map_err(unwritable)?;
        }
        writer.into_inner().map_err(unwritable)
    }
}

/// A CSV file of another build or another configuration on its way under the current header, piece by piece: columns
/// are found by their names and former names, a column that the file does not have is empty, and one that the table does
/// not have is left out. A file whose header is the current one passes through as it is. Memory holds one piece and one
/// row.
///
/// ```
/// use footlights_data::{column::{Column, ColumnType, Field, Table}, csv::Rearranger};
///
/// let table: Table<()> = Table::new(vec![
///     Column::new("condition.tone", ColumnType::Text, "The level.", |_| Field::Missing).formerly("arm.tone"),
///     Column::new("score", ColumnType::Number(None, None), "The score.", |_| Field::Missing),
/// ]);
/// let mut rearranger = Rearranger::new(table.describe());
/// let mut csv = rearranger.push(b"score,gone,arm.tone\n3,x,ki").unwrap();
/// csv.extend(rearranger.push(b"nd\n").unwrap());
/// csv.extend(rearranger.finish().unwrap());
/// assert_eq!(csv, b"condition.tone,score\nkind,3\n");
/// ```
#[derive(Debug, Clone)]
pub struct Rearranger {
    columns: Vec<ColumnInfo>,
    with_header: bool,
    /// What was pushed and does not end a row yet.
    pending: Vec<u8>,
    /// How much of `pending` was looked through for the ends of rows.
    scanned: usize,
    /// Whether the bytes after that are inside quotes.
    quoted: bool,
    places: Places,
}

/// Where the columns are in the file.
#[derive(Debug, Clone)]
enum Places {
    /// The header did not come yet.
    Unknown,
    /// At the same places as in the table.
    Same,
    /// By column of the table; `None` where the file has none.
    Other(Vec<Option<usize>>),
}

impl Rearranger {
    /// Puts a file under these columns, the header first.
    #[must_use]
    pub fn new(columns: Vec<ColumnInfo>) -> Self {
        let (pending, places) = (Vec::new(), Places::Unknown);
        Self { columns, with_header: true, pending, scanned: 0, quoted: false, places }
    }

    /// Leaves out the header: the rows go behind others.
    #[must_use]
    pub fn rows_only(mut self) -> Self {
        self.with_header = false;
        self
    }

    /// The next bytes of the file; the rows that they complete.
    ///
    /// # Errors
    /// [`RecordError::Unreadable`] if a row is not CSV.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<u8>, RecordError> {
        if matches!(self.places, Places::Same) && self.pending.is_empty() {
            return Ok(bytes.to_vec());
        }
        self.pending.extend_from_slice(bytes);
        let mut end = 0;
        for (place, byte) in self.pending.iter().enumerate().skip(self.scanned) {
            match byte {
                b'"' => self.quoted = !self.quoted,
                b'\n' if !self.quoted => end = place + 1,
                _ => {}
            }
        }
        self.scanned = self.pending.len() - end;
        let rest = self.pending.split_off(end);
        let whole = std::mem::replace(&mut self.pending, rest);
        self.rearrange(&whole)
    }

    /// The end of the file; the row that it completes.
    ///
    /// # Errors
    /// As [`Rearranger::push`].
    pub fn finish(mut self) -> Result<Vec<u8>, RecordError> {
        let last = std::mem::take(&mut self.pending);
        self.rearrange(&last)
    }

    /// Whole rows under the table's columns.
    fn rearrange(&mut self, rows: &[u8]) -> Result<Vec<u8>, RecordError> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(rows);
        let mut record = csv::ByteRecord::new();
        let mut out = Vec::new();
        if matches!(self.places, Places::Unknown) {
            if !reader.read_byte_record(&mut record).map_err(unreadable)? {
                return Ok(out);
            }
            self.places = self.find(&record);
            if self.with_header {
                out = header(&self.columns)?;
            }
        }
        match &self.places {
            Places::Other(places) => {
                let mut writer = writer();
                while reader.read_byte_record(&mut record).map_err(unreadable)? {
                    let field = |place: &Option<usize>| place.and_then(|place| record.get(place));
                    writer
                        .write_record(places.iter().map(|place| field(place).unwrap_or_default()))
                        .map_err(unwritable)?;
                }
                out.extend(writer.into_inner().map_err(unwritable)?);
            }
            Places::Same | Places::Unknown => {
                let at = usize::try_from(reader.position().byte()).unwrap_or(rows.len());
                out.extend_from_slice(rows.get(at..).unwrap_or_default());
                // What is left of a row goes out with it.
                out.append(&mut self.pending);
                self.scanned = 0;
            }
        }
        Ok(out)
    }

    fn find(&self, found: &csv::ByteRecord) -> Places {
        let at = |name: &String| found.iter().position(|field| field == name.as_bytes());
        let place =
            |column: &ColumnInfo| at(&column.name).or_else(|| column.former_names.iter().find_map(at));
        let places: Vec<Option<usize>> = self.columns.iter().map(place).collect();
        let same = found.iter().eq(self.columns.iter().map(|column| column.name.as_bytes()));
        if same { Places::Same } else { Places::Other(places) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::column::{Column, ColumnType};

    /// A table of texts.
    fn texts(names: &[&str]) -> Table<Vec<String>> {
        let column = |(k, name): (usize, &&str)| {
            Column::new(*name, ColumnType::Text, "", move |row: &Vec<String>| row[k].clone().into())
        };
        Table::new(names.iter().enumerate().map(column).collect())
    }

    /// The file in pieces of so many bytes under these columns.
    fn rearranged(mut rearranger: Rearranger, csv: &[u8], piece: usize) -> String {
        let mut out = Vec::new();
        for bytes in csv.chunks(piece) {
            out.extend(rearranger.push(bytes).unwrap());
        }
        out.extend(rearranger.finish().unwrap());
        String::from_utf8(out).unwrap()
    }

    fn read(csv: &[u8]) -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(false).from_reader(csv);
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    #[test]
    fn a_table_of_another_configuration_is_arranged_by_name() {
        let old = b"b,gone,a\n1,2,3\n4,5\n";
        for piece in 1..old.len() + 1 {
            let wanted = Rearranger::new(texts(&["a", "new", "b"]).describe());
            assert_eq!(rearranged(wanted.clone(), old, piece), "a,new,b\n3,,1\n,,4\n");
            assert_eq!(rearranged(wanted.rows_only(), old, piece), "3,,1\n,,4\n");
        }
    }

    #[test]
    fn a_file_without_an_end_of_line_is_whole_and_one_without_bytes_is_empty() {
        let wanted = Rearranger::new(texts(&["a", "b"]).describe());
        assert_eq!(rearranged(wanted.clone(), b"b,a\n1,2", 3), "a,b\n2,1\n");
        assert_eq!(rearranged(wanted.clone(), b"a,b\n1,2", 3), "a,b\n1,2");
        assert_eq!(rearranged(wanted.clone(), b"b,a", 3), "a,b\n");
        assert_eq!(rearranged(wanted, b"", 3), "");
    }

    proptest! {
        #[test]
        fn whatever_stands_in_a_field_is_read_as_it_was_written(
            rows in prop::collection::vec(prop::collection::vec("[ -~\\n\\r\\t\",;éß語🎭]*", 3), 0..6),
            piece in 1..40usize,
        ) {
            let table = texts(&["c0", "c1", "c2"]);
            let csv = table.csv(rows.clone()).unwrap();
            prop_assert_eq!(&read(&csv)[1..], rows.as_slice());
            // The current header: as it is. Without it: what is put behind a table is part of it.
            let rearranger = Rearranger::new(table.describe());
            let whole = String::from_utf8(csv.clone()).unwrap();
            prop_assert_eq!(rearranged(rearranger.clone(), &csv, piece), whole);
            let behind = rearranged(rearranger.rows_only(), &csv, piece);
            prop_assert_eq!(behind.as_bytes(), table.rows(rows.clone()).unwrap());
            // Another header, and back: the same bytes.
            let turned = Rearranger::new(texts(&["c2", "c0", "c1"]).describe());
            let turned = rearranged(turned, &csv, piece);
            let back = Rearranger::new(texts(&["c0", "c1", "c2"]).describe());
            prop_assert_eq!(rearranged(back, turned.as_bytes(), piece).into_bytes(), csv);
        }
    }
}
