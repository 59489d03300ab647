//! Checks of names, columns and keys before the server is asked.

use fleet_core::table::{Column, ColumnKind};

use super::options::ResolvedMode;
use crate::check;

/// The reason why rows with these columns cannot be written in this mode to a table of this name,
/// if there is one.
pub(super) fn refusal(name: &str, columns: &[Column], mode: ResolvedMode) -> Option<String> {
    name.split('.')
        .find_map(check::name_refusal)
        .or_else(|| {
            (name.split('.').count() > 2).then(|| "a name is table or schema.table".to_owned())
        })
        .or_else(|| {
            name.starts_with("fleet_stream.")
                .then(|| "the store keeps its own tables there".to_owned())
        })
        .or_else(|| check::columns_refusal(columns))
        .or_else(|| {
            columns
                .iter()
                .find(|c| c.name == ORDINAL)
                .map(|_| format!("no column can be called {ORDINAL}"))
        })
        .or_else(|| key_refusal(columns, mode))
        .or_else(|| mode_refusal(columns, mode))
}

/// The column of a staging table with the numbers of its rows.
pub(super) const ORDINAL: &str = "fleet_ordinal";

fn find<'a>(columns: &'a [Column], name: &str) -> Option<&'a Column> {
    columns.iter().find(|column| column.name == name)
}

fn key_refusal(columns: &[Column], mode: ResolvedMode) -> Option<String> {
    if mode != ResolvedMode::Append && mode.key().is_empty() {
        return Some("the key of its rows names no column".to_owned());
    }
    mode.key().iter().find_map(|name| match find(columns, name) {
        None => Some(format!(
            "the key of its rows names {name}, which is no column"
        )),
        Some(column) if column.nullable => Some(format!(
            "the key of its rows names {name}, which may be null: rows with null are never the same"
        )),
        Some(_) => None,
    })
}

fn mode_refusal(columns: &[Column], mode: ResolvedMode) -> Option<String> {
    match mode {
        ResolvedMode::Append => None,
        ResolvedMode::Replace { version, .. } => match find(columns, version) {
            Some(Column {
                kind: ColumnKind::Integer | ColumnKind::Time,
                nullable: false,
                ..
            }) => None,
            _ => Some(format!(
                "{version}, by which a newer row is recognised, is not a column of whole numbers or times without null"
            )),
        },
        ResolvedMode::Add { key } => columns
            .iter()
            .filter(|column| !key.contains(&column.name))
            .find(|column| !matches!(column.kind, ColumnKind::Integer | ColumnKind::Real))
            .map(|column| {
                format!(
                    "its column {} is neither of the key nor a number to add",
                    column.name
                )
            }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 4] = [
        Column::text("car"),
        Column::time("time"),
        Column::real("km").nullable(),
        Column::text("note"),
    ];

    #[test]
    fn a_table_that_cannot_work_is_refused_before_the_server_is_asked() {
        let columns = &COLUMNS;
        let says = |name, mode| refusal(name, columns, mode).unwrap_or_default();
        assert_eq!(says("fleet.cars", ResolvedMode::Append), "");
        assert!(says("a.b.c", ResolvedMode::Append).contains("schema.table"));
        assert!(says("Cars", ResolvedMode::Append).contains("not usable"));
        assert!(says("cars\"; --", ResolvedMode::Append).contains("not usable"));
        assert!(says("fleet_stream.positions", ResolvedMode::Append).contains("own tables"));
        let replace = |key, version| ResolvedMode::Replace { key, version };
        assert_eq!(says("cars", replace(&["car"], "time")), "");
        assert!(says("cars", replace(&["truck"], "time")).contains("truck"));
        assert!(says("cars", replace(&["km"], "time")).contains("null"));
        assert!(says("cars", replace(&["car"], "km")).contains("newer"));
        assert!(says("cars", replace(&[], "time")).contains("no column"));
        assert!(
            says(
                "cars",
                ResolvedMode::Add {
                    key: &["car", "time"]
                }
            )
            .contains("note")
        );
        assert_eq!(
            says(
                "cars",
                ResolvedMode::Add {
                    key: &["car", "time", "note"]
                }
            ),
            ""
        );
    }
}
