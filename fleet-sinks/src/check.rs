//! The rules that every table and file applies to a row before writing it, so that a row is
//! accepted by all sinks or by none.

use fleet_core::{
    TableRow,
    decode::MAX_RAW_BYTES,
    sink::Rejected,
    table::{Column, ColumnKind, Fields, Value, to_ndjson},
};

/// Passes the fields of a row to `take`; returns the reason if one does not fit its column.
pub(crate) fn fields<R: TableRow>(
    row: &R,
    take: &mut dyn FnMut(usize, &Value<'_>),
) -> Result<(), String> {
    let mut checked = Checked {
        columns: R::columns(),
        next: 0,
        refused: None,
        take,
    };
    row.write(&mut checked);
    match checked.refused {
        Some(reason) => Err(reason),
        None if checked.next == checked.columns.len() => Ok(()),
        None => Err(format!(
            "the row has {} fields, its type names {} columns",
            checked.next,
            checked.columns.len()
        )),
    }
}

struct Checked<'a> {
    columns: &'static [Column],
    next: usize,
    refused: Option<String>,
    take: &'a mut dyn FnMut(usize, &Value<'_>),
}

impl Fields for Checked<'_> {
    fn put(&mut self, value: Value<'_>) {
        if let (Some(column), None) = (self.columns.get(self.next), &self.refused) {
            self.refused = refusal(column, &value);
            if self.refused.is_none() {
                (self.take)(self.next, &value);
            }
        }
        self.next += 1;
    }
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
        (Value::Integer(_), ColumnKind::Integer) | (Value::Bool(_), ColumnKind::Bool) => None,
        (value, kind) => Some(format!(
            "{name} is {}, the column holds {}",
            kind_word(kind_of(value)),
            kind_word(Some(kind))
        )),
    }
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

fn kind_word(kind: Option<ColumnKind>) -> &'static str {
    match kind {
        None => "null",
        Some(ColumnKind::Text) => "text",
        Some(ColumnKind::Real) => "a number",
        Some(ColumnKind::Integer) => "a whole number",
        Some(ColumnKind::Bool) => "a truth value",
        Some(ColumnKind::Time) => "a time",
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
