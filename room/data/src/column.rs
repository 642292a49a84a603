//! Columns: the one list from which a table's header, its codebook, its CSV and its rows in SQL are made, so that none
//! of them can say what another does not.

use std::borrow::Cow;

pub use footlights_experiment::values::{ColumnType, LabeledValue};
use footlights_protocol::EpochMs;
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// The value of one field of a row. [`Field::write`] is the one place where values become text.
#[derive(Debug, Clone, PartialEq)]
pub enum Field {
    /// There is no value: an empty field.
    Missing,
    /// Words, written as they are.
    Text(Cow<'static, str>),
    /// A whole number.
    Integer(i128),
    /// A number of 64 bits, in the fewest digits that give it back.
    Number(f64),
    /// A number of 32 bits, in the fewest digits that give it back: 0.1 and not 0.10000000149.
    Single(f32),
    /// `true` or `false`; 1 or 0 in SQL.
    Boolean(bool),
    /// A moment, written in ISO 8601 UTC.
    Time(EpochMs),
    /// A value in JSON.
    Json(Value),
}

impl Field {
    /// Words, copied.
    #[must_use]
    pub fn text(words: &str) -> Self {
        Self::Text(words.to_owned().into())
    }

    /// Appends the value as it stands in a CSV file; nothing for [`Field::Missing`].
    pub fn write(&self, out: &mut String) {
        use std::fmt::Write as _;
        // Writing to a string cannot fail.
        let _ = match self {
            Self::Missing => Ok(()),
            Self::Text(words) => out.write_str(words),
            Self::Integer(number) => write!(out, "{number}"),
            Self::Number(number) => write!(out, "{number}"),
            Self::Single(number) => write!(out, "{number}"),
            Self::Boolean(truth) => write!(out, "{truth}"),
            Self::Time(at) => out.write_str(&iso8601(*at)),
            Self::Json(value) => write!(out, "{value}"),
        };
    }
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::new();
        self.write(&mut text);
        f.write_str(&text)
    }
}

/// `From` for the types that values have in records.
macro_rules! field_from {
    ($($type:ty => |$value:ident| $field:expr;)*) => {
        $(impl From<$type> for Field {
            fn from($value: $type) -> Self {
                $field
            }
        })*
    };
}

field_from! {
    &'static str => |value| Self::Text(value.into());
    String => |value| Self::Text(value.into());
    bool => |value| Self::Boolean(value);
    u8 => |value| Self::Integer(value.into());
    u16 => |value| Self::Integer(value.into());
    u32 => |value| Self::Integer(value.into());
    u64 => |value| Self::Integer(value.into());
    i32 => |value| Self::Integer(value.into());
    f32 => |value| Self::Single(value);
    f64 => |value| Self::Number(value);
    Value => |value| Self::Json(value);
}

impl<T: Into<Self>> From<Option<T>> for Field {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Missing, Into::into)
    }
}

/// What a column is called and what its values mean.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnInfo {
    /// In the header.
    pub name: String,
    /// What it means, and what an empty field means.
    pub description: String,
    /// Such as `ms`; empty where there is none.
    pub unit: String,
    /// What its values look like.
    pub kind: ColumnType,
    /// What older builds called it. A file of theirs is exported under [`ColumnInfo::name`].
    pub former_names: Vec<String>,
    /// Whether it is about the participant whose file it is. In all other columns of a game's steps, the files of all
    /// its participants say the same.
    pub per_participant: bool,
}

/// A column of a table whose rows are made from `R`: what it means, and how its value is taken from a row.
///
/// ```
/// use footlights_data::column::{Column, ColumnType, Field, Table};
///
/// struct Trial { tick: u32, hit: Option<bool> }
///
/// let table = Table::new(vec![
///     Column::new("tick", ColumnType::Integer(Some(1.0), None), "Ticks since the game began.", |trial: &Trial| {
///         trial.tick.into()
///     }),
///     Column::new("hit", ColumnType::Boolean, "Whether it hit. Empty before the first shot.", |trial: &Trial| {
///         trial.hit.into()
///     })
///     .formerly("strike"),
/// ]);
/// let csv = table.csv([Trial { tick: 1, hit: None }, Trial { tick: 2, hit: Some(true) }]).unwrap();
/// assert_eq!(csv, b"tick,hit\n1,\n2,true\n");
/// ```
pub struct Column<R> {
    info: ColumnInfo,
    extract: Box<dyn Fn(&R) -> Field + Send + Sync>,
}

impl<R> Column<R> {
    /// A column and where its values come from.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        kind: ColumnType,
        description: impl Into<String>,
        extract: impl Fn(&R) -> Field + Send + Sync + 'static,
    ) -> Self {
        let info = ColumnInfo {
            name: name.into(),
            description: description.into(),
            unit: String::new(),
            kind,
            former_names: Vec::new(),
            per_participant: false,
        };
        Self { info, extract: Box::new(extract) }
    }

    /// The unit of its values.
    #[must_use]
    pub fn unit(mut self, unit: &str) -> Self {
        self.info.unit = unit.into();
        self
    }

    /// What an older build called it.
    #[must_use]
    pub fn formerly(mut self, name: impl Into<String>) -> Self {
        self.info.former_names.push(name.into());
        self
    }

    /// It is about the participant whose file it is, see [`ColumnInfo::per_participant`].
    #[must_use]
    pub fn per_participant(mut self) -> Self {
        self.info.per_participant = true;
        self
    }

    /// What it is called and what it means.
    #[must_use]
    pub fn info(&self) -> &ColumnInfo {
        &self.info
    }

    /// Its value in a row.
    #[must_use]
    pub fn field(&self, row: &R) -> Field {
        (self.extract)(row)
    }
}

/// A list of columns.
pub struct Table<R> {
    columns: Vec<Column<R>>,
}

impl<R> Table<R> {
    /// A table with these columns, in the order of its header.
    #[must_use]
    pub fn new(columns: Vec<Column<R>>) -> Self {
        Self { columns }
    }

    /// With further columns behind these.
    #[must_use]
    pub fn with(mut self, columns: impl IntoIterator<Item = Column<R>>) -> Self {
        self.columns.extend(columns);
        self
    }

    /// Its columns, in the order of its header.
    #[must_use]
    pub fn columns(&self) -> &[Column<R>] {
        &self.columns
    }

    /// The columns themselves, to be made part of another list.
    #[must_use]
    pub fn into_columns(self) -> Vec<Column<R>> {
        self.columns
    }

    /// What its columns are called and what they mean.
    #[must_use]
    pub fn describe(&self) -> Vec<ColumnInfo> {
        self.columns.iter().map(|column| column.info.clone()).collect()
    }
}

/// Levels from pairs of a value and its meaning.
pub(crate) fn levels<const N: usize>(pairs: [(&str, &str); N]) -> ColumnType {
    ColumnType::Levels(pairs.map(|(value, meaning)| LabeledValue::new(value, meaning)).into())
}

/// Any whole number from 0.
pub(crate) const COUNT: ColumnType = ColumnType::Integer(Some(0.0), None);

/// The column that names the participant in every table.
pub(crate) fn subject_id<R>(
    description: &str,
    extract: impl Fn(&R) -> Field + Send + Sync + 'static,
) -> Column<R> {
    Column::new("subject_id", ColumnType::Text, description, extract)
}

/// What [`subject_id`] says where each row is a participant's.
pub(crate) const SUBJECT: &str =
    "The participant, the same in every table. It says nothing about them outside the experiment.";

/// A moment as ISO 8601 in UTC; empty for a moment that no calendar has.
#[must_use]
pub fn iso8601(at: EpochMs) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.0) * 1_000_000)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_default()
}
