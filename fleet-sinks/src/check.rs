//! The rules that every table and file applies to a row before writing it, so that a row is
//! accepted by all sinks or by none.

use fleet_core::{
    Error, ErrorKind, TableRow,
    decode::MAX_RAW_BYTES,
    sink::Rejected,
    table::{Column, ColumnKind, Fields, Value, to_ndjson},
};

/// Why a row is not written.
#[derive(Debug)]
pub(crate) enum Misfit {
    /// A column cannot take its content. The row becomes a dead letter.
    Content(String),
    /// Its type writes other columns than it names. That is an error in the program, which a dead
    /// letter for each row would only hide: the write fails.
    Shape(Error),
}

/// Passes the fields of a row to `take`, and returns why it is not written if one does not fit its
/// column.
pub(crate) fn fields<R: TableRow>(
    row: &R,
    take: &mut dyn FnMut(usize, &Value<'_>),
) -> Result<(), Misfit> {
    let mut checked = Checked {
        columns: R::columns(),
        next: 0,
        content: None,
        shape: None,
        take,
    };
    row.write(&mut checked);
    let shape = checked.shape.take().or_else(|| checked.count_refusal());
    match (shape, checked.content) {
        (Some(reason), _) => Err(Misfit::Shape(shape_error::<R>(&reason))),
        (None, Some(reason)) => Err(Misfit::Content(reason)),
        (None, None) => Ok(()),
    }
}

/// Appends a row as a JSON object without a line end, in the pass that checks it. A row that is not
/// written leaves nothing behind.
#[cfg(any(feature = "sqlite", feature = "kafka", feature = "postgres"))]
pub(crate) fn json<R: TableRow>(
    row: &R,
    names: &fleet_core::table::JsonFields,
    to: &mut Vec<u8>,
) -> Result<(), Misfit> {
    let start = to.len();
    let done = fields(row, &mut |column, value| names.put(column, value, to));
    match done {
        Ok(()) => to.push(b'}'),
        Err(_) => to.truncate(start),
    }
    done
}

struct Checked<'a> {
    columns: &'static [Column],
    next: usize,
    content: Option<String>,
    shape: Option<String>,
    take: &'a mut dyn FnMut(usize, &Value<'_>),
}

impl Fields for Checked<'_> {
    fn put(&mut self, value: Value<'_>) {
        if let (Some(column), None) = (self.columns.get(self.next), &self.shape) {
            self.shape = kind_refusal(column, &value);
            if self.shape.is_none() && self.content.is_none() {
                self.content = refusal(column, &value);
            }
            if self.shape.is_none() && self.content.is_none() {
                (self.take)(self.next, &value);
            }
        }
        self.next += 1;
    }
}

impl Checked<'_> {
    /// The reason why the number of fields is wrong, if it is.
    fn count_refusal(&self) -> Option<String> {
        let (written, named) = (self.next, self.columns.len());
        if let Some(missing) = self.columns.get(written) {
            let missing = missing.name;
            return Some(format!(
                "it writes {written} values but names {named} columns: {missing} gets none"
            ));
        }
        let last = self.columns.last().map_or("", |column| column.name);
        (written > named).then(|| {
            format!(
                "it writes {written} values but names {named} columns, of which {last} is the last"
            )
        })
    }
}

fn shape_error<R>(reason: &str) -> Error {
    let name = std::any::type_name::<R>();
    let message = format!(
        "cannot write rows of type {name}: {reason}; let `TableRow::write` write one value of the \
         right kind for each of `TableRow::columns`"
    );
    Error::new(ErrorKind::Sink, message)
}

/// The reason why rows cannot replace each other as declared, if there is one.
#[cfg(feature = "sqlite")]
pub(crate) fn replaces_refusal(
    columns: &[Column],
    replaces: Option<fleet_core::table::Replaces>,
) -> Option<String> {
    let fleet_core::table::Replaces { key, revision } = replaces?;
    let has = |name: &str, kind: Option<ColumnKind>| {
        let mut named = columns.iter().filter(|column| column.name == name);
        named.any(|column| kind == Some(column.kind) || kind.is_none())
    };
    if let Some(missing) = key.iter().find(|name| !has(name, None)) {
        return Some(format!(
            "the key of its rows names {missing}, which is no column"
        ));
    }
    (!has(revision, Some(ColumnKind::Integer)))
        .then(|| format!("the revision {revision} of its rows is no column of whole numbers"))
}

/// The reason why a column cannot take a value, if there is one.
fn refusal(column: &Column, value: &Value<'_>) -> Option<String> {
    let name = column.name;
    match (value, column.kind) {
        (Value::Null, _) => (!column.nullable).then(|| format!("{name} must not be null")),
        (Value::Real(number), ColumnKind::Real) => {
            (!number.is_finite()).then(|| format!("{name} is {number}, which is no finite number"))
        }
        (Value::Text(text), ColumnKind::Text) => text
            .contains('\0')
            .then(|| format!("{name} holds a NUL character, which databases refuse")),
        (Value::Time(at), ColumnKind::Time) => (!at.is_in_range()).then(|| {
            format!(
                "{name} is {} microseconds since 1970, which is outside the years 1970 to 9999",
                at.as_micros()
            )
        }),
        _ => None,
    }
}

/// The reason why a value is of another kind than its column, if it is. Null is of every kind.
fn kind_refusal(column: &Column, value: &Value<'_>) -> Option<String> {
    let (name, kind) = (column.name, kind_of(value)?);
    (kind != column.kind).then(|| {
        let (written, named) = (kind_word(kind), kind_word(column.kind));
        format!("it writes {written} for {name}, which holds {named}")
    })
}

fn kind_of(value: &Value<'_>) -> Option<ColumnKind> {
    Some(match value {
        Value::Null => return None,
        Value::Text(_) => ColumnKind::Text,
        Value::Real(_) => ColumnKind::Real,
        Value::Integer(_) => ColumnKind::Integer,
        Value::Bool(_) => ColumnKind::Bool,
        Value::Time(_) => ColumnKind::Time,
    })
}

const fn kind_word(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text => "text",
        ColumnKind::Real => "a number",
        ColumnKind::Integer => "a whole number",
        ColumnKind::Bool => "a truth value",
        ColumnKind::Time => "a time",
    }
}

/// A refused row, with its NDJSON for the dead letter.
pub(crate) fn rejected<R: TableRow>(index: usize, reason: String, row: &R) -> Rejected {
    let mut raw = Vec::new();
    to_ndjson(row, &mut raw);
    raw.pop();
    raw.truncate(MAX_RAW_BYTES);
    Rejected { index, reason, raw }
}

/// Appends `at` with a fixed number of digits, as `2024-02-15T14:32:18.500000Z`, so that texts sort
/// as times do.
///
/// The shortest form does not sort: `18Z` comes after `18.5Z`.
#[cfg(any(feature = "sqlite", feature = "files"))]
pub(crate) fn sortable_time(at: fleet_core::EventTime, to: &mut String) {
    use fleet_core::time::TimeStyle;

    // Python's format differs only in its ending, `+00:00`.
    if TimeStyle::isoformat().write(at, to).is_ok() {
        to.truncate(to.len().saturating_sub("+00:00".len()));
        to.push('Z');
    }
}

/// The reason why a name of a table or column is refused: it must be `[a-z_][a-z0-9_]{0,62}`.
#[cfg(any(test, feature = "sqlite", feature = "files", feature = "postgres"))]
pub(crate) fn name_refusal(name: &str) -> Option<String> {
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    let fits = name.len() <= 63
        && name.bytes().next().is_some_and(letters)
        && name
            .bytes()
            .all(|byte| letters(byte) || byte.is_ascii_digit());
    (!fits).then(|| {
        format!(
            "the name {name:?} is not usable: up to 63 of a-z, 0-9 and _, not beginning with a digit"
        )
    })
}

/// The reason why a set of columns is refused, if there is one.
#[cfg(any(test, feature = "sqlite", feature = "files", feature = "postgres"))]
pub(crate) fn columns_refusal(columns: &[Column]) -> Option<String> {
    if columns.is_empty() {
        return Some("the row type names no column".to_owned());
    }
    for (index, column) in columns.iter().enumerate() {
        if let Some(reason) = name_refusal(column.name) {
            return Some(reason);
        }
        if columns.iter().take(index).any(|c| c.name == column.name) {
            return Some(format!("the row type names column {} twice", column.name));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(any(feature = "sqlite", feature = "files"))]
    #[test]
    fn times_sort_as_text_as_they_do_as_times() {
        let micros = [0, 1, 500_000, 1_000_000, 253_402_300_799_999_999];
        let texts: Vec<_> = micros
            .map(|at| {
                let mut text = String::new();
                sortable_time(fleet_core::EventTime::from_micros(at), &mut text);
                text
            })
            .into();
        assert!(texts.is_sorted());
        assert_eq!(texts[2], "1970-01-01T00:00:00.500000Z");
    }

    #[test]
    fn names_that_need_quotes_are_refused() {
        let long = "a".repeat(64);
        for bad in ["", "1a", "a b", "a\"b", "Alerts", "ä", "a;", long.as_str()] {
            assert!(name_refusal(bad).is_some(), "{bad}");
        }
        for good in ["a", "_", "speed_kmh", "v2", &"a".repeat(63)] {
            assert!(name_refusal(good).is_none(), "{good}");
        }
    }

    #[test]
    fn columns_are_named_once() {
        assert!(columns_refusal(&[]).is_some());
        assert!(columns_refusal(&[Column::text("a"), Column::real("a")]).is_some());
        assert!(columns_refusal(&[Column::text("a"), Column::real("b")]).is_none());
    }
}
