//! Tables that a sink makes, and tables of the fleet's schema.

use fleet_core::{
    TableRow,
    event::{Alert, Driving, Perception, Telemetry},
    table::ColumnKind,
};
use fleet_sinks::{
    PostgresStore,
    postgres::{
        Database, PostgresOptions,
        migrations::{Migrations, migrate},
        tokio_postgres::{self, Client, NoTls},
    },
};

use super::{Stored, expected::Revised, named};

/// The type of a column, as `PostgresTable` documents it.
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
    let column = |row: &tokio_postgres::Row| Stored {
        name: row.get(0),
        kind: row.get(1),
        not_null: row.get(2),
    };
    rows.iter().map(column).collect()
}

/// The columns of the primary key; none if there is no key.
async fn key(db: &Client, table: &str) -> Vec<String> {
    let asked = "
        SELECT a.attname::text FROM pg_index i
        CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, place)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
        WHERE i.indrelid = $1::text::regclass AND i.indisprimary ORDER BY k.place";
    let rows = db.query(asked, &[&table]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// A table that the sink makes has the columns of its rows, in their order, and their key.
async fn assert_made<R: TableRow>(store: &PostgresStore, db: &Client, table: &str) {
    store.table::<R>(table).await.unwrap();
    assert_eq!(stored(db, table).await, named::<R>(word), "{table}");
    let expected = R::replaces().map(|replaces| replaces.key.to_vec());
    assert_eq!(key(db, table).await, expected.unwrap_or_default());
}

/// A table of the schema has the columns of its rows and, besides, exactly those that the server or
/// a query fills in.
async fn assert_schema<R: TableRow>(db: &Client, table: &str, others: &[&str]) {
    let (mut beside, mut found) = (Vec::new(), Vec::new());
    for column in stored(db, table).await {
        if others.contains(&&*column.name) {
            beside.push(column.name);
        } else {
            found.push(column);
        }
    }
    assert_eq!(beside, others, "{table}");
    let mut expected = named::<R>(word);
    found.sort();
    expected.sort();
    assert_eq!(found, expected, "{table}");
}

#[tokio::test]
async fn postgres_tables_have_the_columns_of_their_rows() {
    let Some(server) = xtask::postgres::for_tests() else {
        return;
    };
    let name = format!("fleet_columns_{}", std::process::id());
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

    assert_made::<Telemetry>(&store, &db, "telemetry").await;
    assert_made::<Perception>(&store, &db, "perception").await;
    assert_made::<Driving>(&store, &db, "driving").await;
    assert_made::<Alert>(&store, &db, "alerts").await;
    assert_made::<Revised>(&store, &db, "revised").await;

    let of_events = ["region_id", "territory_id", "access_roles", "roles"];
    // The distance is derived from positions by pipelines that need it.
    let telemetry = [&["tenant"][..], &of_events, &["distance_m", "id"]].concat();
    assert_schema::<Telemetry>(&db, "fleet.telemetry", &telemetry).await;
    assert_schema::<Perception>(&db, "fleet.perception", &["tenant", "id"]).await;
    assert_schema::<Driving>(&db, "fleet.driving_events", &["tenant", "id"]).await;
    let acknowledged = [
        "acknowledged",
        "acknowledged_by",
        "acknowledged_at",
        "acknowledgement_notes",
    ];
    let alerts = [&["tenant"][..], &of_events, &acknowledged].concat();
    assert_schema::<Alert>(&db, "fleet.alerts", &alerts).await;

    drop((store, database, db));
    let drop = format!("DROP DATABASE {name} WITH (FORCE)");
    admin.batch_execute(&drop).await.unwrap();
}
