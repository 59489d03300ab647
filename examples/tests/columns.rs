//! The columns of the row types of `fleet-rules` and `fleet-scoring` are those of their tables in
//! the database's catalogue. `fleet-sinks` compares the row types of `fleet-core` in the same way.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panic")]

use fleet_core::{
    TableRow,
    table::{Column, ColumnKind},
};
use fleet_rules::{Presence, SelfDrivingHour};
use fleet_scoring::Trip;
use fleet_sinks::{
    PostgresStore, SqliteStore,
    postgres::{
        Database, PostgresOptions,
        migrations::{Migrations, migrate},
        tokio_postgres::{self, Client, NoTls},
    },
    sqlite::rusqlite::Connection,
};

/// The stored names, with `?` where null is allowed: existing tables have them.
const PRESENCE: &str = "id time vehicle_id is_online silence_s?";
const SELF_DRIVING_HOUR: &str = "
    id vehicle_id start telemetry interventions disengagements disengagements_driver
    disengagements_system disengagements_remote disengagements_passenger disengagements_unknown
    planned episodes km engaged_km estimated_km observed_s engaged_s speed_violations speeding_rows
    detections_car detections_pedestrian detections_cyclist detections_truck detections_motorcycle
    detections_bus detections_unknown odometer_rollbacks odometer_resets odometer_jumps
    odometer_stuck";
const TRIP: &str = "
    id vehicle_id driver_id? start stop samples duration_s? distance_km? harsh_braking rapid_accel
    score? insufficient?";

/// The name, type and `NOT NULL` of a column.
type Stored = (String, String, bool);

fn named<R: TableRow>(word: fn(ColumnKind) -> &'static str) -> Vec<Stored> {
    let stored = |column: &Column| {
        let kind = word(column.kind).to_owned();
        (column.name.to_owned(), kind, !column.nullable)
    };
    R::columns().iter().map(stored).collect()
}

fn assert_names<R: TableRow>(expected: &str) {
    let name = |column: &Column| {
        let null = if column.nullable { "?" } else { "" };
        format!("{}{null}", column.name)
    };
    let named: Vec<_> = R::columns().iter().map(name).collect();
    let expected: Vec<_> = expected.split_whitespace().collect();
    assert_eq!(named, expected);
}

#[test]
fn row_types_keep_their_stored_names() {
    assert_names::<Presence>(PRESENCE);
    assert_names::<SelfDrivingHour>(SELF_DRIVING_HOUR);
    assert_names::<Trip>(TRIP);
}

fn assert_sqlite<R: TableRow>(store: &SqliteStore, db: &Connection, table: &str) {
    let word = |kind| match kind {
        ColumnKind::Text | ColumnKind::Time => "TEXT",
        ColumnKind::Real => "REAL",
        ColumnKind::Integer | ColumnKind::Bool => "INTEGER",
    };
    store.table::<R>(table).unwrap();
    let mut asked = db
        .prepare("SELECT name, type, \"notnull\" FROM pragma_table_info(?1) ORDER BY cid")
        .unwrap();
    let found = asked.query_map([table], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    let found: Vec<Stored> = found.unwrap().map(Result::unwrap).collect();
    assert_eq!(found, named::<R>(word), "{table}");
}

#[test]
fn sqlite_tables_have_the_columns_of_their_rows() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("store.db");
    let store = SqliteStore::open(&file, "demo").unwrap();
    let db = Connection::open(&file).unwrap();
    assert_sqlite::<Presence>(&store, &db, "presence");
    assert_sqlite::<SelfDrivingHour>(&store, &db, "self_driving");
    assert_sqlite::<Trip>(&store, &db, "trips");
}

fn word(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text => "text",
        ColumnKind::Real => "double precision",
        ColumnKind::Integer => "bigint",
        ColumnKind::Bool => "boolean",
        ColumnKind::Time => "timestamp with time zone",
    }
}

async fn client(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn stored(db: &Client, table: &str) -> Vec<Stored> {
    let asked = "
        SELECT attname::text, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute
        WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum";
    let rows = db.query(asked, &[&table]).await.unwrap();
    rows.iter()
        .map(|row| (row.get(0), row.get(1), row.get(2)))
        .collect()
}

async fn assert_made<R: TableRow>(store: &PostgresStore, db: &Client, table: &str) {
    store.table::<R>(table).await.unwrap();
    assert_eq!(stored(db, table).await, named::<R>(word), "{table}");
}

#[tokio::test]
async fn postgres_tables_have_the_columns_of_their_rows() {
    let Some(server) = xtask::postgres::for_tests() else {
        return;
    };
    let name = format!("fleet_row_types_{}", std::process::id());
    let admin = client(server).await;
    let create = format!("CREATE DATABASE {name}");
    admin.batch_execute(&create).await.unwrap();
    let (front, query) = server.split_once('?').unwrap_or((server, ""));
    let (host, _) = front.rsplit_once('/').unwrap();
    let url = format!("{host}/{name}?{query}");
    let database = Box::pin(Database::connect(&url, PostgresOptions::default()))
        .await
        .unwrap();
    migrate(&database, Migrations::Fleet).await.unwrap();
    let store = PostgresStore::open(&database, "demo").await.unwrap();
    let db = client(&url).await;
    assert_made::<Presence>(&store, &db, "presence").await;
    assert_made::<SelfDrivingHour>(&store, &db, "self_driving").await;
    assert_made::<Trip>(&store, &db, "trips").await;

    // The schema has the same columns, and the tenant and a number, which the server fills in.
    let mut found = stored(&db, "fleet.self_driving_hours").await;
    assert_eq!(found.remove(0).0, "tenant");
    assert_eq!(found.pop().map(|column| column.0).as_deref(), Some("seq"));
    assert_eq!(found, named::<SelfDrivingHour>(word));

    drop((store, database, db));
    let drop = format!("DROP DATABASE {name} WITH (FORCE)");
    admin.batch_execute(&drop).await.unwrap();
}
