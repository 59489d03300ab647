//! The columns of every row type of `fleet-core` are those of its table in the database's
//! catalogue.
//!
//! Stored names outlive the code: a store opens only a table that has the columns of its rows, and
//! queries name them. So the names are written out here too, and a rename on any side fails.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panic")]

mod expected;
#[cfg(feature = "postgres")]
mod postgres;

use fleet_core::{
    TableRow,
    event::{Alert, Driving, Perception, Telemetry},
    table::ColumnKind,
};
use fleet_sinks::{SqliteStore, sqlite::rusqlite::Connection};

use expected::Revised;

/// One column of a table: its name, its type, and whether it refuses null.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Stored {
    name: String,
    kind: String,
    not_null: bool,
}

/// The columns of a row type, with the types of a database.
fn named<R: TableRow>(word: fn(ColumnKind) -> &'static str) -> Vec<Stored> {
    let stored = |column: &fleet_core::table::Column| Stored {
        name: column.name.to_owned(),
        kind: word(column.kind).to_owned(),
        not_null: !column.nullable,
    };
    R::columns().iter().map(stored).collect()
}

/// Compares a row type with the names that are written out.
fn assert_names<R: TableRow>(expected: &str) {
    let word = |kind| match kind {
        ColumnKind::Text => "text",
        ColumnKind::Real => "real",
        ColumnKind::Integer => "integer",
        ColumnKind::Bool => "bool",
        ColumnKind::Time => "time",
    };
    let line = |column: Stored| {
        let null = if column.not_null { "" } else { " null" };
        format!("{} {}{null}", column.name, column.kind)
    };
    let named: Vec<_> = named::<R>(word).into_iter().map(line).collect();
    let expected: Vec<_> = expected.trim().lines().map(str::trim).collect();
    assert_eq!(named, expected);
}

#[test]
fn row_types_keep_their_stored_names() {
    assert_names::<Telemetry>(expected::TELEMETRY);
    assert_names::<Perception>(expected::PERCEPTION);
    assert_names::<Driving>(expected::DRIVING);
    assert_names::<Alert>(expected::ALERT);
}

/// The type of a column, as `SqliteTable` documents it.
fn sqlite_word(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text | ColumnKind::Time => "TEXT",
        ColumnKind::Real => "REAL",
        ColumnKind::Integer | ColumnKind::Bool => "INTEGER",
    }
}

fn assert_sqlite<R: TableRow>(store: &SqliteStore, db: &Connection, table: &str) {
    store.table::<R>(table).unwrap();
    let mut asked = db
        .prepare("SELECT name, type, \"notnull\" FROM pragma_table_info(?1) ORDER BY cid")
        .unwrap();
    let found = asked.query_map([table], |row| {
        Ok(Stored {
            name: row.get(0)?,
            kind: row.get(1)?,
            not_null: row.get(2)?,
        })
    });
    let found: Vec<_> = found.unwrap().map(Result::unwrap).collect();
    assert_eq!(found, named::<R>(sqlite_word), "{table}");

    let by_key = R::replaces().map(|replaces| replaces.key.to_vec());
    assert_eq!(
        index(db, &format!("{table}_by_key")),
        by_key.unwrap_or_default(),
        "{table}"
    );
    let has = |name| R::columns().iter().any(|column| column.name == name);
    let by_vehicle = if has("vehicle_id") && has("time") {
        vec!["vehicle_id", "time"]
    } else {
        Vec::new()
    };
    assert_eq!(index(db, &format!("{table}_by_vehicle")), by_vehicle);
}

/// The columns of an index; none if it does not exist.
fn index(db: &Connection, name: &str) -> Vec<String> {
    let mut asked = db
        .prepare("SELECT name FROM pragma_index_info(?1) ORDER BY seqno")
        .unwrap();
    let found = asked.query_map([name], |row| row.get(0)).unwrap();
    found.map(Result::unwrap).collect()
}

#[test]
fn sqlite_tables_have_the_columns_of_their_rows() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("store.db");
    let store = SqliteStore::open(&file, "demo").unwrap();
    let db = Connection::open(&file).unwrap();
    assert_sqlite::<Telemetry>(&store, &db, "telemetry");
    assert_sqlite::<Perception>(&store, &db, "perception");
    assert_sqlite::<Driving>(&store, &db, "driving");
    assert_sqlite::<Alert>(&store, &db, "alerts");
    assert_sqlite::<Revised>(&store, &db, "revised");
}
