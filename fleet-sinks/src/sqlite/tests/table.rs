//! Result tables: values, refused rows, names and columns.

use fleet_core::{
    EventTime, Graph, Order, Partition, Pipeline, Row, VehicleId,
    checkpoint::CheckpointStore,
    decode::Typed,
    event::{Alert, Telemetry},
    sink::{Outcome, TransactionalSink},
    testing::{
        Scripted,
        conformance::{Rows, transactional_sink},
    },
};

use crate::{
    sqlite::{Indexes, SqliteOptions, SqliteStore},
    testing::{Bent, Other, Sample},
};

async fn write(store: &SqliteStore, rows: &[Row<Sample>]) -> Outcome {
    let mut store = store.clone();
    let mut table = store.table::<Sample>("samples").unwrap();
    let mut tx = store.begin().await.unwrap();
    let outcome = table.write(&mut tx, rows).await.unwrap();
    store.commit(tx, &[]).await.unwrap();
    outcome
}

fn texts(store: &SqliteStore, sql: &str) -> Vec<String> {
    store
        .read("read", |db| {
            db.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
        })
        .unwrap()
}

#[tokio::test]
async fn every_kind_of_value_is_read_back() {
    let store = SqliteStore::open_in_memory("demo").unwrap();
    let mut odd = Sample::new("Bogotá; DROP TABLE samples; -- \"'`,\n🚗");
    odd.maybe = Some(String::new());
    odd.yes = false;
    odd.real = f64::MIN_POSITIVE;
    odd.integer = i64::MIN;
    let plain = Sample::new("x");
    let outcome = write(&store, &[odd.clone().row(), plain.row()]).await;
    assert_eq!(outcome, Outcome::default());

    let read = store
        .read("read", |db| {
            db.query_row(
                "SELECT text, real, integer, yes, maybe FROM samples WHERE yes = 0",
                [],
                |row| {
                    Ok(Sample {
                        text: row.get(0)?,
                        real: row.get(1)?,
                        integer: row.get(2)?,
                        yes: row.get(3)?,
                        maybe: row.get(4)?,
                        at: odd.at,
                    })
                },
            )
        })
        .unwrap();
    assert_eq!(read, odd);
    assert_eq!(
        texts(&store, "SELECT at FROM samples WHERE maybe IS NULL"),
        ["2024-02-15T14:32:18.500000Z"]
    );
}

#[tokio::test]
async fn a_row_that_does_not_fit_is_refused_alone() {
    let store = SqliteStore::open_in_memory("demo").unwrap();
    let mut rows: Vec<_> = (0..5).map(|n| Sample::new(&n.to_string())).collect();
    rows[1].real = f64::NAN;
    rows[2].text = "a\0b".to_owned();
    rows[3].at = EventTime::AFTER_ALL;
    let rows: Vec<_> = rows.into_iter().map(Sample::row).collect();
    let outcome = write(&store, &rows).await;
    let rejected: Vec<_> = outcome
        .rejected
        .iter()
        .map(|rejected| (rejected.index, rejected.reason.as_str()))
        .collect();
    assert_eq!(rejected[0], (1, "real is NaN, which is no finite number"));
    assert_eq!(rejected[1].0, 2);
    assert!(rejected[1].1.contains("NUL"));
    assert_eq!(rejected[2].0, 3);
    assert!(rejected[2].1.contains("1970 to 9999"));
    let raw: serde_json::Value = serde_json::from_slice(&outcome.rejected[0].raw).unwrap();
    assert_eq!(raw["text"], "1");
    assert_eq!(texts(&store, "SELECT text FROM samples"), ["0", "4"]);
}

#[tokio::test]
async fn a_row_that_a_constraint_refuses_is_refused_alone() {
    let store = SqliteStore::open_in_memory("demo").unwrap();
    store.table::<Sample>("samples").unwrap();
    store
        .read("change", |db| {
            db.execute_batch("CREATE UNIQUE INDEX once ON samples (text)")
        })
        .unwrap();
    let rows = ["a", "b", "a", "c"].map(|text| Sample::new(text).row());
    let outcome = write(&store, &rows).await;
    assert_eq!(outcome.rejected.len(), 1);
    assert_eq!(outcome.rejected[0].index, 2);
    assert!(outcome.rejected[0].reason.contains("UNIQUE"));
    assert_eq!(texts(&store, "SELECT text FROM samples"), ["a", "b", "c"]);
}

#[tokio::test]
async fn a_constraint_that_rolls_back_is_an_error_and_not_a_refusal() {
    let mut store = SqliteStore::open_in_memory("demo").unwrap();
    let mut table = store.table::<Sample>("samples").unwrap();
    store
        .read("change", |db| {
            db.execute_batch(
                "CREATE TRIGGER no BEFORE INSERT ON samples WHEN new.text = 'b'
                 BEGIN SELECT RAISE(ROLLBACK, 'no'); END",
            )
        })
        .unwrap();
    let rows = ["a", "b", "c"].map(|text| Sample::new(text).row());
    let mut tx = store.begin().await.unwrap();
    assert!(table.write(&mut tx, &rows).await.is_err());
    drop(tx);
    assert!(texts(&store, "SELECT text FROM samples").is_empty());
}

#[test]
fn names_of_tables_are_checked() {
    let store = SqliteStore::open_in_memory("demo").unwrap();
    for bad in [
        "",
        "Alerts",
        "a b",
        "a\"; --",
        "positions",
        "files",
        "sqlite_x",
        "1st",
    ] {
        let error = store.table::<Sample>(bad).unwrap_err();
        assert!(error.to_string().contains("cannot make table"), "{error}");
    }
    for keyword in ["order", "select", "samples"] {
        store.table::<Sample>(keyword).unwrap();
        store.table::<Sample>(keyword).unwrap();
    }
}

#[test]
fn a_table_with_other_columns_is_refused_with_what_differs() {
    let store = SqliteStore::open_in_memory("demo").unwrap();
    store.table::<Other>("samples").unwrap();
    let error = store.table::<Sample>("samples").unwrap_err().to_string();
    for part in [
        "column text is INTEGER, the rows have TEXT",
        "column real is nullable, that of the rows not null",
        "no column integer",
        "another table name",
    ] {
        assert!(error.contains(part), "{error}");
    }
    store
        .read("change", |db| {
            db.execute_batch(
                "CREATE VIEW seen AS SELECT * FROM samples;
                 CREATE TABLE more (text INTEGER NOT NULL, real REAL, extra TEXT, must TEXT NOT NULL)",
            )
        })
        .unwrap();
    let error = store.table::<Other>("seen").unwrap_err().to_string();
    assert!(error.contains("view"), "{error}");
    let error = store.table::<Other>("more").unwrap_err().to_string();
    assert!(error.contains("column must must not be null"), "{error}");
    assert!(!error.contains("extra"), "{error}");
}

#[test]
fn tables_of_vehicles_have_an_index_and_a_wipe_drops_them() {
    let store = SqliteStore::open_in_memory("demo").unwrap();
    store.table::<Alert>("alerts").unwrap();
    store.table::<Telemetry>("telemetry").unwrap();
    store.table::<Sample>("samples").unwrap();
    let indexes = "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL
         AND tbl_name NOT IN ('dead_letters', 'outbox_messages') ORDER BY 1";
    assert_eq!(
        texts(&store, indexes),
        ["alerts_by_vehicle", "telemetry_by_vehicle"]
    );
    store.wipe().unwrap();
    assert!(texts(&store, indexes).is_empty());

    let folder = tempfile::tempdir().unwrap();
    let options = SqliteOptions {
        indexes: Indexes::None,
        ..SqliteOptions::default()
    };
    let plain = SqliteStore::open_with(folder.path().join("fleet.db"), "demo", options).unwrap();
    plain.table::<Alert>("alerts").unwrap();
    assert!(texts(&plain, indexes).is_empty());
    store.table::<Other>("alerts").unwrap();
}

#[tokio::test]
async fn a_table_is_a_transactional_sink() {
    let folder = tempfile::tempdir().unwrap();
    let open = || SqliteStore::open(folder.path().join("fleet.db"), "demo").unwrap();
    let stored = || open().summary().unwrap().tables.get("samples").copied();
    let bad = || Sample::bad().row();
    let rows = Rows {
        good: &|n| Sample::new(&n.to_string()).row(),
        bad: Some(&bad),
        stored: &|| Some(stored().unwrap_or(0)),
    };
    let both = || {
        let store = open();
        let table = store.table::<Sample>("samples").unwrap();
        (store, table)
    };
    transactional_sink(both, &rows).await;
}

#[tokio::test]
async fn a_row_of_another_shape_than_its_type_fails_the_write() {
    for how in Bent::WAYS {
        let mut store = SqliteStore::open_in_memory("demo").unwrap();
        let mut table = store.table::<Bent>("bent").unwrap();
        let mut tx = store.begin().await.unwrap();
        let rows = [Bent::Straight.row(), how.row()];
        how.assert_refused(&table.write(&mut tx, &rows).await.unwrap_err());
        drop(tx);
        assert_eq!(texts(&store, "SELECT place FROM bent"), [""; 0]);
    }
}

#[tokio::test]
async fn a_type_that_names_other_columns_stops_the_pipeline_before_its_first_commit() {
    let store = SqliteStore::open_in_memory("demo").unwrap();
    let (mut graph, telemetry) = Graph::new();
    let bent = graph.map("bent", telemetry, |_: &Telemetry| Bent::TooFew);
    let car = VehicleId::new("car-1").unwrap();
    let source = Scripted::of_events("memory", [Telemetry::new(car, EventTime::MIN)]);
    let order = Order::default();
    let sinks = (store.table("bent").unwrap(), store.table("all").unwrap());
    let run = Pipeline::exactly_once(source, Typed::default(), order, graph, store.clone())
        .store("all", telemetry, sinks.1)
        .store("bent", bent, sinks.0)
        .run();
    Bent::TooFew.assert_refused(&run.await.unwrap_err());
    let mut store = store;
    let progress = store.progress(&Partition::from("memory")).await.unwrap();
    assert_eq!(progress.unwrap().next, None);
    assert_eq!(texts(&store, "SELECT vehicle_id FROM \"all\""), [""; 0]);
}
