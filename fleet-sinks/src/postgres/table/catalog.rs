//! Reads the columns and unique indexes of a table from the catalogue, and compares them with a row
//! type.

use std::collections::BTreeMap;

use fleet_core::{
    Result,
    table::{Column, ColumnKind},
};

use super::{
    options::ResolvedMode,
    sql_names::{quoted, type_word},
};
use crate::postgres::connect::PostgresTransaction;

const TABLE: &str = "
SELECT c.oid, c.relkind IN ('r', 'p'), row_security_active(c.oid)
FROM pg_class c WHERE c.oid = to_regclass($1)";

const COLUMNS: &str = "
SELECT a.attname::text, format_type(a.atttypid, NULL), t.typtype = 'e', a.attnotnull,
       a.atthasdef OR a.attidentity <> '', a.attgenerated <> '' OR a.attidentity = 'a'
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped";

/// The columns of each unique index that applies to all rows.
const UNIQUE: &str = "
SELECT array_agg(a.attname::text ORDER BY k.place)
FROM pg_index i
CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, place)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
WHERE i.indrelid = $1 AND i.indisunique AND i.indimmediate AND i.indisvalid
  AND i.indpred IS NULL AND i.indexprs IS NULL AND k.place <= i.indnkeyatts
GROUP BY i.indexrelid ORDER BY i.indexrelid";

/// What writing rows depends on in a table.
#[derive(Clone, Debug)]
pub(super) struct TableSchema {
    columns: BTreeMap<String, FoundColumn>,
    /// Whether policies apply to the connected role. The server then refuses `COPY`.
    row_security: bool,
    /// Whether each column accepts the encoding of ours.
    same_types: bool,
    /// The columns of the unique index that identifies rows.
    unique: Vec<String>,
}

#[derive(Clone, Debug)]
struct FoundColumn {
    word: String,
    is_enum: bool,
    filled: Filled,
}

/// How the server fills a column that a row does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filled {
    /// With null or its default.
    ByServer,
    /// With a computed value, even if the row names the column.
    Computed,
    /// Not at all: the server refuses the row.
    Not,
}

/// Whether a column of the table can take values of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    /// The encoding is the same.
    Same,
    /// The server converts each value.
    Converted,
    Not,
}

impl FoundColumn {
    fn fit(&self, kind: ColumnKind) -> Fit {
        let word = self.word.as_str();
        match (kind, word) {
            (ColumnKind::Text, "text" | "character varying" | "character") => Fit::Same,
            (ColumnKind::Text, _) if self.is_enum => Fit::Same,
            (ColumnKind::Text, "uuid" | "json" | "jsonb" | "citext" | "inet")
            | (ColumnKind::Real, "real" | "numeric")
            | (ColumnKind::Integer, "integer" | "smallint" | "numeric") => Fit::Converted,
            (kind, word) if word == type_word(kind) => Fit::Same,
            _ => Fit::Not,
        }
    }
}

impl TableSchema {
    /// Reads the catalogue. Returns `None` if the table does not exist, and an inner `Err` if it
    /// cannot take the rows.
    pub(super) async fn read(
        tx: &PostgresTransaction,
        name: &str,
        columns: &[Column],
        mode: ResolvedMode,
    ) -> Result<Option<Result<Self, String>>> {
        let name = quoted(name);
        let client = tx.client();
        let asked = async { client.query_opt(TABLE, &[&name]).await };
        let Some(row) = tx.run("look for a table in", asked).await? else {
            return Ok(None);
        };
        let (oid, is_table, row_security): (u32, bool, bool) = (row.get(0), row.get(1), row.get(2));
        if !is_table {
            return Ok(Some(Err("it is not a table".to_owned())));
        }
        let rows = async { client.query(COLUMNS, &[&oid]).await };
        let found = tx.run("ask for columns in", rows).await?;
        let found: BTreeMap<_, _> = found
            .iter()
            .map(|row| {
                let filled = match (row.get(3), row.get(4), row.get(5)) {
                    (_, _, true) => Filled::Computed,
                    (true, false, false) => Filled::Not,
                    _ => Filled::ByServer,
                };
                let found = FoundColumn {
                    word: row.get(1),
                    is_enum: row.get(2),
                    filled,
                };
                (row.get(0), found)
            })
            .collect();
        let rows = async { client.query(UNIQUE, &[&oid]).await };
        let unique = tx.run("ask for indexes in", rows).await?;
        let unique = unique.iter().map(|row| row.get(0)).collect();
        Ok(Some(Self::of(found, row_security, unique, columns, mode)))
    }

    fn of(
        found: BTreeMap<String, FoundColumn>,
        row_security: bool,
        indexes: Vec<Vec<String>>,
        columns: &[Column],
        mode: ResolvedMode,
    ) -> Result<Self, String> {
        if let Some(differs) = differences(&found, columns) {
            return Err(differs);
        }
        let fits = |column: &Column| found.get(column.name).map(|found| found.fit(column.kind));
        let same_types = columns.iter().all(|column| fits(column) == Some(Fit::Same));
        let is_ours = |name: &String| columns.iter().any(|column| column.name == name);
        let is_key = |name: &String| mode.key().contains(&name.as_str());
        // The index may include columns that rows do not have and the server fills in, such as a
        // tenant.
        let fits = |index: &Vec<String>| {
            mode.key()
                .iter()
                .all(|key| index.iter().any(|name| name == key))
                && index.iter().all(|name| is_key(name) || !is_ours(name))
        };
        let unique = indexes.into_iter().find(fits);
        if mode != ResolvedMode::Append && unique.is_none() {
            return Err(format!(
                "it has no unique index of the columns {} (and of columns that the server fills in)",
                mode.key().join(", ")
            ));
        }
        Ok(Self {
            columns: found,
            row_security,
            same_types,
            unique: unique.unwrap_or_default(),
        })
    }

    /// Whether rows can be copied into the table itself.
    pub(super) fn takes_copy(&self) -> bool {
        self.same_types && !self.row_security
    }

    /// The type of a column, without its length.
    pub(super) fn type_of(&self, column: &str) -> Option<&str> {
        self.columns.get(column).map(|found| found.word.as_str())
    }

    /// The columns of the unique index that identifies rows.
    pub(super) fn unique(&self) -> &[String] {
        &self.unique
    }
}

/// The differences between the columns of a table and those of the rows. Additional columns are
/// allowed if a row may leave them out.
fn differences(found: &BTreeMap<String, FoundColumn>, columns: &[Column]) -> Option<String> {
    let mut differs = Vec::new();
    for column in columns {
        match found.get(column.name) {
            None => differs.push(format!("it has no column {}", column.name)),
            Some(found) if found.filled == Filled::Computed => {
                differs.push(format!("its column {} is computed", column.name));
            }
            Some(found) if found.fit(column.kind) == Fit::Not => differs.push(format!(
                "its column {} is {}, the rows have {}",
                column.name,
                found.word,
                type_word(column.kind)
            )),
            Some(_) => {}
        }
    }
    for (name, found) in found {
        let is_ours = columns.iter().any(|column| column.name == name);
        if !is_ours && found.filled == Filled::Not {
            differs.push(format!(
                "its column {name} must not be null, and the rows have no such column"
            ));
        }
    }
    (!differs.is_empty()).then(|| differs.join(", "))
}
