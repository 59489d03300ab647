//! Builds the statements of a table. Names were checked or come from the server's catalogue, and
//! are quoted nevertheless; values are never part of a statement.

use fleet_core::table::Column;

use super::{
    catalog::TableSchema,
    options::ResolvedMode,
    refusal::ORDINAL,
    sql_names::{quoted, quoted_part, type_word},
};

/// The statements that write rows.
#[derive(Clone, Debug)]
pub(super) struct Statements {
    /// `COPY` of rows: into the table itself, or into the staging table.
    pub(super) copy: String,
    /// The staging table, if rows need one.
    pub(super) staging: Option<Staging>,
}

/// The statements of a staging table.
#[derive(Clone, Debug)]
pub(super) struct Staging {
    /// Distinguishes the staging tables of one connection.
    pub(super) number: u64,
    /// Makes the table, which every commit empties.
    pub(super) make: String,
    /// Empties it within a transaction.
    pub(super) empty: String,
    /// Inserts the rows with ordinals from `$1` up to but not including `$2`.
    pub(super) insert: String,
}

fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.into_iter().map(quoted_part).collect();
    names.join(", ")
}

/// `CREATE TABLE` for rows with these columns.
pub(super) fn create(name: &str, columns: &[Column], mode: ResolvedMode) -> String {
    let mut parts: Vec<_> = columns
        .iter()
        .map(|column| {
            let null = if column.nullable { "" } else { " NOT NULL" };
            format!(
                "{} {}{null}",
                quoted_part(column.name),
                type_word(column.kind)
            )
        })
        .collect();
    if mode != ResolvedMode::Append {
        parts.push(format!(
            "PRIMARY KEY ({})",
            listed(mode.key().iter().copied())
        ));
    }
    format!("CREATE TABLE {} ({})", quoted(name), parts.join(", "))
}

/// `CREATE INDEX` for queries about one vehicle.
pub(super) fn index_by_vehicle(name: &str) -> String {
    format!(
        "CREATE INDEX ON {} (\"vehicle_id\", \"time\")",
        quoted(name)
    )
}

/// The statements for a table; `number` distinguishes the staging tables of one connection.
pub(super) fn statements(
    name: &str,
    columns: &[Column],
    mode: ResolvedMode,
    schema: &TableSchema,
    number: u64,
) -> Statements {
    let names = || columns.iter().map(|column| column.name);
    if mode == ResolvedMode::Append && schema.takes_copy() {
        let copy = format!(
            "COPY {} ({}) FROM STDIN BINARY",
            quoted(name),
            listed(names())
        );
        return Statements {
            copy,
            staging: None,
        };
    }
    let staging = format!("pg_temp.\"fleet_stage_{number}\"");
    let types: Vec<_> = columns
        .iter()
        .map(|column| format!("{} {}", quoted_part(column.name), type_word(column.kind)))
        .collect();
    let make = format!(
        "CREATE TEMP TABLE \"fleet_stage_{number}\" (\"{ORDINAL}\" integer, {}) ON COMMIT DELETE ROWS",
        types.join(", ")
    );
    let all = listed(std::iter::once(ORDINAL).chain(names()));
    Statements {
        copy: format!("COPY {staging} ({all}) FROM STDIN BINARY"),
        staging: Some(Staging {
            number,
            make,
            empty: format!("TRUNCATE {staging}"),
            insert: insert(name, columns, mode, schema, &staging),
        }),
    }
}

fn insert(
    name: &str,
    columns: &[Column],
    mode: ResolvedMode,
    schema: &TableSchema,
    staging: &str,
) -> String {
    let key = mode.key();
    let is_key = |column: &Column| key.contains(&column.name);
    let values: Vec<_> = columns
        .iter()
        .map(|column| {
            let quoted = quoted_part(column.name);
            let value = match mode {
                ResolvedMode::Add { .. } if !is_key(column) => format!("sum({quoted})"),
                _ => quoted,
            };
            // Without a length: too long values are refused on assignment, but cut by a conversion.
            match schema.type_of(column.name) {
                Some(word)
                    if matches!(mode, ResolvedMode::Add { .. })
                        || word != type_word(column.kind) =>
                {
                    format!("{value}::{word}")
                }
                _ => value,
            }
        })
        .collect();
    format!(
        "INSERT INTO {} AS known ({}) SELECT {} FROM {staging} WHERE \"{ORDINAL}\" >= $1 AND \"{ORDINAL}\" < $2{}",
        quoted(name),
        listed(columns.iter().map(|column| column.name)),
        values.join(", "),
        conflict(columns, mode, schema)
    )
}

/// The `ON CONFLICT` clause: what to do with a row whose key exists.
fn conflict(columns: &[Column], mode: ResolvedMode, schema: &TableSchema) -> String {
    let key = mode.key();
    let set = |each: &dyn Fn(&str) -> String| {
        let set: Vec<_> = columns
            .iter()
            .filter(|column| !key.contains(&column.name))
            .map(|column| each(&quoted_part(column.name)))
            .collect();
        set.join(", ")
    };
    let key = listed(key.iter().copied());
    let unique = listed(schema.unique().iter().map(String::as_str));
    match mode {
        ResolvedMode::Append => String::new(),
        ResolvedMode::Replace { version, .. } => {
            let set = set(&|name| format!("{name} = excluded.{name}"));
            let version = quoted_part(version);
            format!(
                " ON CONFLICT ({unique}) DO UPDATE SET {set} WHERE known.{version} <= excluded.{version}"
            )
        }
        ResolvedMode::Add { .. } => {
            // Null plus a number is the number.
            let set = set(&|name| {
                format!(
                    "{name} = coalesce(known.{name} + excluded.{name}, known.{name}, excluded.{name})"
                )
            });
            format!(" GROUP BY {key} ORDER BY {key} ON CONFLICT ({unique}) DO UPDATE SET {set}")
        }
    }
}
