//! The contract by which a type maps to table rows, declared once for all tables and files.

use crate::data::EventTime;

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// UTF-8 text without NUL.
    Text,
    /// A finite number.
    Real,
    /// A whole number.
    Integer,
    /// A truth value.
    Bool,
    /// Event time: RFC 3339 text in files and SQLite, a timestamp in PostgreSQL.
    Time,
}

/// One column of a [`TableRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Matches `[a-z_][a-z0-9_]{0,62}`, so it never needs quoting. Tables reject any other name.
    pub name: &'static str,
    /// The type of its values.
    pub kind: ColumnKind,
    /// Whether it may contain null.
    pub nullable: bool,
}

impl Column {
    const fn new(name: &'static str, kind: ColumnKind) -> Self {
        Self {
            name,
            kind,
            nullable: false,
        }
    }
    /// A text column, not null.
    pub const fn text(name: &'static str) -> Self {
        Self::new(name, ColumnKind::Text)
    }
    /// A column of finite numbers, not null.
    pub const fn real(name: &'static str) -> Self {
        Self::new(name, ColumnKind::Real)
    }
    /// A column of whole numbers, not null.
    pub const fn integer(name: &'static str) -> Self {
        Self::new(name, ColumnKind::Integer)
    }
    /// A column of truth values, not null.
    pub const fn bool(name: &'static str) -> Self {
        Self::new(name, ColumnKind::Bool)
    }
    /// A column of event times, not null.
    pub const fn time(name: &'static str) -> Self {
        Self::new(name, ColumnKind::Time)
    }
    /// The same column, nullable.
    #[must_use]
    pub const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }
}

/// The value of one field of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Null.
    Null,
    /// A text.
    Text(&'a str),
    /// A number.
    Real(f64),
    /// A whole number.
    Integer(i64),
    /// A truth value.
    Bool(bool),
    /// An event time.
    Time(EventTime),
}

impl<'a> Value<'a> {
    /// The text, or null.
    pub fn text_or_null(value: Option<&'a str>) -> Self {
        value.map_or(Self::Null, Self::Text)
    }
    /// The number, or null.
    pub fn real_or_null(value: Option<f64>) -> Self {
        value.map_or(Self::Null, Self::Real)
    }
    /// The whole number, or null.
    pub fn integer_or_null(value: Option<i64>) -> Self {
        value.map_or(Self::Null, Self::Integer)
    }
    /// The truth value, or null.
    pub fn bool_or_null(value: Option<bool>) -> Self {
        value.map_or(Self::Null, Self::Bool)
    }
}

/// Receives the fields of one row, in the order of its columns.
pub trait Fields {
    /// Receives the next field.
    fn put(&mut self, value: Value<'_>);
}

/// Declares which row replaces which, for results that are revised, such as windows.
///
/// # Guarantees
/// Of the rows of one input with the same key, a table keeps the one with the highest revision. A
/// file keeps all of them; the last one is current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replaces {
    /// The columns that identify what a row is about.
    pub key: &'static [&'static str],
    /// The column that holds the revision, a whole number from 0.
    pub revision: &'static str,
}

/// A type whose values are table rows. One implementation serves SQLite, PostgreSQL, CSV and
/// NDJSON.
///
/// # Guarantees
/// [`write`](Self::write) puts exactly one value for each of [`columns`](Self::columns), of that
/// column's kind.
///
/// # Examples
/// ```
/// use fleet_core::table::{Column, Fields, TableRow, Value, to_ndjson};
///
/// struct Visit { depot: String, minutes: i64 }
/// impl TableRow for Visit {
///     fn columns() -> &'static [Column] {
///         const { &[Column::text("depot"), Column::integer("minutes")] }
///     }
///     fn write(&self, to: &mut dyn Fields) {
///         to.put(Value::Text(&self.depot));
///         to.put(Value::Integer(self.minutes));
///     }
/// }
///
/// let mut line = Vec::new();
/// to_ndjson(&Visit { depot: "north".into(), minutes: 5 }, &mut line);
/// assert_eq!(line, b"{\"depot\":\"north\",\"minutes\":5}\n");
/// ```
pub trait TableRow {
    /// The columns. Every call returns the same ones.
    fn columns() -> &'static [Column]
    where
        Self: Sized;
    /// How a later row replaces an earlier one. Default: never.
    fn replaces() -> Option<Replaces>
    where
        Self: Sized,
    {
        None
    }
    /// Puts one value for each column.
    fn write(&self, to: &mut dyn Fields);
    /// Like [`write`](Self::write), but may omit the values after the first `count`, for callers
    /// that sort rows and need only their keys. The default writes all.
    fn write_first(&self, count: usize, to: &mut dyn Fields) {
        let _ = count;
        self.write(to);
    }
}

/// Appends one row as a JSON object and a newline. A number that is not finite is written as null.
pub fn to_ndjson<R: TableRow>(row: &R, to: &mut Vec<u8>) {
    struct Object<'a> {
        columns: std::slice::Iter<'static, Column>,
        first: bool,
        to: &'a mut Vec<u8>,
    }
    impl Fields for Object<'_> {
        fn put(&mut self, value: Value<'_>) {
            let Some(column) = self.columns.next() else {
                return;
            };
            self.to.push(if std::mem::take(&mut self.first) {
                b'{'
            } else {
                b','
            });
            write_json(self.to, column.name);
            self.to.push(b':');
            write_value(self.to, &value);
        }
    }
    row.write(&mut Object {
        columns: R::columns().iter(),
        first: true,
        to,
    });
    to.extend_from_slice(b"}\n");
}

/// Writes rows of one type as JSON objects, field by field, for sinks that look at each field.
///
/// # Examples
/// ```
/// use fleet_core::table::{Column, JsonFields, Value};
/// const COLUMNS: &[Column] = &[Column::text("depot"), Column::integer("minutes")];
/// let (fields, mut object) = (JsonFields::new(COLUMNS), Vec::new());
/// fields.put(0, &Value::Text("north"), &mut object);
/// fields.put(1, &Value::Integer(5), &mut object);
/// object.push(b'}');
/// assert_eq!(object, br#"{"depot":"north","minutes":5}"#);
/// ```
#[derive(Clone, Debug)]
pub struct JsonFields {
    /// What comes before the value of each column: the bracket or the comma, the name, the colon.
    before: Vec<Box<[u8]>>,
}

impl JsonFields {
    /// Prepares the names of columns.
    pub fn new(columns: &[Column]) -> Self {
        let before = columns.iter().enumerate().map(|(place, column)| {
            let mut before = vec![if place == 0 { b'{' } else { b',' }];
            write_json(&mut before, column.name);
            before.push(b':');
            before.into()
        });
        let before = before.collect();
        Self { before }
    }

    /// Appends the value of a column, with its name. The fields of a row follow each other, and
    /// then its closing bracket.
    pub fn put(&self, column: usize, value: &Value<'_>, to: &mut Vec<u8>) {
        to.extend_from_slice(self.before.get(column).map_or(b"", |before| before));
        write_value(to, value);
    }
}

/// Appends a value as JSON.
fn write_value(to: &mut Vec<u8>, value: &Value<'_>) {
    match value {
        Value::Null => to.extend_from_slice(b"null"),
        Value::Text(text) => write_json(to, *text),
        Value::Real(number) => write_json(to, number),
        Value::Integer(number) => write_json(to, number),
        Value::Bool(yes) => write_json(to, yes),
        Value::Time(at) => write_json(to, at),
    }
}

/// Appends any value as JSON. For the types above, writing to memory cannot fail.
fn write_json<T: serde::Serialize + ?Sized>(to: &mut Vec<u8>, value: &T) {
    let written = serde_json::to_writer(&mut *to, value);
    debug_assert!(written.is_ok(), "a field that JSON cannot hold");
}
