//! Quotes names and maps kinds of columns to SQL types.

use fleet_core::table::ColumnKind;

/// The quoted name. A dot separates schema and table.
pub(super) fn quoted(name: &str) -> String {
    let parts: Vec<_> = name.split('.').map(quoted_part).collect();
    parts.join(".")
}

pub(super) fn quoted_part(part: &str) -> String {
    format!("\"{}\"", part.replace('"', "\"\""))
}

/// The type of a column in tables that we make and in every staging table.
pub(super) const fn type_word(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text => "text",
        ColumnKind::Real => "double precision",
        ColumnKind::Integer => "bigint",
        ColumnKind::Bool => "boolean",
        ColumnKind::Time => "timestamp with time zone",
    }
}
