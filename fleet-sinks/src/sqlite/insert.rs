//! Builds the statement that inserts one row.

use std::fmt::Write as _;

use fleet_core::table::{Column, Replaces};

/// `INSERT` for rows with these columns. A row with a revision replaces the newest row of its key
/// that has a lower revision, if there is one; rows that another input wrote are not replaced.
pub(super) fn insert(name: &str, columns: &[Column], replaces: Option<Replaces>) -> String {
    let (names, places) = (listed(columns, quoted), listed(columns, place));
    let Some(Replaces { key, revision }) = replaces else {
        return format!("INSERT INTO \"{name}\" ({names}) VALUES ({places})");
    };
    let parameter = |wanted: &str| {
        let found = (0..).zip(columns).find(|(_, column)| column.name == wanted);
        found.map_or_else(|| "NULL".into(), |(index, column)| place(index, column))
    };
    let mut earlier = format!("\"{revision}\" < {}", parameter(revision));
    for column in key {
        // Writing to a string cannot fail.
        let _ = write!(earlier, " AND \"{column}\" = {}", parameter(column));
    }
    let set = listed(columns, |_, Column { name, .. }| {
        format!("\"{name}\" = excluded.\"{name}\"")
    });
    format!(
        "INSERT INTO \"{name}\" (rowid, {names}) \
         VALUES ((SELECT max(rowid) FROM \"{name}\" WHERE {earlier}), {places}) \
         ON CONFLICT (rowid) DO UPDATE SET {set}"
    )
}

/// The index by which a row finds the revision that it replaces.
pub(super) fn key_index(name: &str, replaces: Replaces) -> String {
    let key: Vec<_> = (replaces.key.iter())
        .map(|column| format!("\"{column}\""))
        .collect();
    let key = key.join(", ");
    format!("CREATE INDEX IF NOT EXISTS \"{name}_by_key\" ON \"{name}\" ({key})")
}

fn quoted(_: usize, column: &Column) -> String {
    format!("\"{}\"", column.name)
}

fn place(index: usize, _: &Column) -> String {
    format!("?{}", index + 1)
}

fn listed(columns: &[Column], each: impl Fn(usize, &Column) -> String) -> String {
    let each = columns
        .iter()
        .enumerate()
        .map(|(index, column)| each(index, column));
    each.collect::<Vec<_>>().join(", ")
}
