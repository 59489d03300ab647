//! Result tables against a server: values, names, columns and locks.

use fleet_core::{
    EventTime, Row,
    checkpoint::CheckpointStore,
    event::{Alert, Telemetry},
    sink::{Outcome, Sink, TransactionalSink},
    testing::conformance::{Rows, sink, transactional_sink},
};

use crate::testing::postgres::{Scratch, wait};
use crate::{
    Indexes,
    postgres::{Database, PostgresOptions, PostgresStore, TableOptions, WriteMode},
    testing::{Bent, Other, Sample},
};

async fn store(database: &Database) -> PostgresStore {
    PostgresStore::open(database, "demo").await.unwrap()
}

async fn write(store: &mut PostgresStore, rows: &[Row<Sample>]) -> Outcome {
    let mut table = store.table::<Sample>("samples").await.unwrap();
    let mut tx = store.begin().await.unwrap();
    let outcome = table.write(&mut tx, rows).await.unwrap();
    store.commit(tx, &[]).await.unwrap();
    outcome
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_a_transactional_sink_with_and_without_row_security() {
    for policy in [
        "",
        "ALTER TABLE samples ENABLE ROW LEVEL SECURITY; ALTER TABLE samples FORCE ROW LEVEL SECURITY;
         CREATE POLICY all_of_it ON samples USING (true); CREATE ROLE ROLE_NAME LOGIN PASSWORD 'x';
         GRANT ALL ON SCHEMA public TO ROLE_NAME; ALTER TABLE samples OWNER TO ROLE_NAME;
         GRANT ALL ON ALL TABLES IN SCHEMA fleet_stream TO ROLE_NAME;
         GRANT ALL ON SCHEMA fleet_stream TO ROLE_NAME",
    ] {
        let Some(scratch) = Scratch::new().await else {
            return;
        };
        store(&scratch.open().await).await.table::<Sample>("samples").await.unwrap();
        let role = scratch.role();
        let mut database = scratch.open().await;
        if !policy.is_empty() {
            scratch.execute(&policy.replace("ROLE_NAME", &role)).await;
            let url = scratch.url_as(&role, "x");
            database = Database::connect(&url, PostgresOptions::default())
                .await
                .unwrap();
        }
        let bad = || Sample::bad().row();
        let count = || u64::try_from(wait(scratch.number("SELECT count(*) FROM samples"))).unwrap();
        let rows = Rows {
            good: &|n| Sample::new(&n.to_string()).row(),
            bad: Some(&bad),
            stored: &|| Some(count()),
        };
        let open = || wait(async {
            let store = store(&database).await;
            let table = store.table::<Sample>("samples").await.unwrap();
            (store, table)
        });
        transactional_sink(open, &rows).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_a_plain_sink() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open().await;
    database.sink::<Sample>("samples").await.unwrap();
    let bad = || Sample::bad().row();
    let count = || u64::try_from(wait(scratch.number("SELECT count(*) FROM samples"))).unwrap();
    let rows = Rows {
        good: &|n| Sample::new(&n.to_string()).row(),
        bad: Some(&bad),
        stored: &|| Some(count()),
    };
    sink(|| wait(database.sink::<Sample>("samples")).unwrap(), &rows).await;
}

#[tokio::test]
async fn values_come_back_as_they_went_in() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let mut store = store(&scratch.open().await).await;
    let odd = Sample {
        text: "ä\"'\\\n\t,;☃".to_owned(),
        real: -1.25e-300,
        integer: i64::MIN,
        yes: false,
        at: EventTime::MIN,
        maybe: Some(String::new()),
    };
    let newest = Sample {
        integer: i64::MAX,
        at: EventTime::MAX,
        ..Sample::new("newest")
    };
    let outcome = write(&mut store, &[odd.clone().row(), newest.row()]).await;
    assert_eq!(outcome, Outcome::default());
    let sql = "SELECT text, real, integer, yes, maybe, (extract(epoch FROM at) * 1000000)::bigint
         FROM samples ORDER BY at";
    let rows = scratch.admin().await.query(sql, &[]).await.unwrap();
    let read = |row: &tokio_postgres::Row| Sample {
        text: row.get(0),
        real: row.get(1),
        integer: row.get(2),
        yes: row.get(3),
        maybe: row.get(4),
        at: EventTime::from_micros(row.get(5)),
    };
    assert_eq!(read(&rows[0]), odd);
    assert_eq!(
        (read(&rows[1]).integer, read(&rows[1]).at),
        (i64::MAX, EventTime::MAX)
    );
}

#[tokio::test]
async fn names_of_tables_are_checked_and_keywords_are_names() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let store = store(&scratch.open().await).await;
    for bad in [
        "",
        "Alerts",
        "a b",
        "a\"; --",
        "fleet_stream.positions",
        "1st",
        "a.b.c",
    ] {
        let error = store.table::<Sample>(bad).await.unwrap_err();
        assert!(error.to_string().contains("cannot make table"), "{error}");
    }
    for keyword in ["order", "select", "samples", "public.samples"] {
        store.table::<Sample>(keyword).await.unwrap();
        store.table::<Sample>(keyword).await.unwrap();
    }
}

#[tokio::test]
async fn a_table_with_other_columns_is_refused_with_what_differs() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let store = store(&scratch.open().await).await;
    store.table::<Other>("samples").await.unwrap();
    let error = store
        .table::<Sample>("samples")
        .await
        .unwrap_err()
        .to_string();
    for part in [
        "column text is bigint, the rows have text",
        "no column integer",
        "another table name",
    ] {
        assert!(error.contains(part), "{error}");
    }
    scratch
        .execute(
            "CREATE VIEW seen AS SELECT * FROM samples;
             CREATE TABLE more (text bigint NOT NULL, real double precision, extra text, must text NOT NULL,
                 filled text NOT NULL DEFAULT 'x', doubled bigint GENERATED ALWAYS AS (2 * text) STORED);
             CREATE TABLE computed (text bigint GENERATED ALWAYS AS (1) STORED, real double precision)",
        )
        .await;
    let error = store.table::<Other>("seen").await.unwrap_err().to_string();
    assert!(error.contains("not a table"), "{error}");
    let error = store.table::<Other>("more").await.unwrap_err().to_string();
    assert!(error.contains("column must must not be null"), "{error}");
    for fine in ["extra", "filled", "doubled"] {
        assert!(!error.contains(fine), "{error}");
    }
    let error = store
        .table::<Other>("computed")
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("text is computed"), "{error}");
}

#[tokio::test]
async fn tables_of_vehicles_have_an_index() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let store = store(&scratch.open().await).await;
    store.table::<Alert>("alerts").await.unwrap();
    let none = TableOptions {
        indexes: Indexes::None,
        ..TableOptions::default()
    };
    store
        .table_with::<Telemetry>("telemetry", none)
        .await
        .unwrap();
    store.table::<Sample>("samples").await.unwrap();
    let indexed = "SELECT tablename::text FROM pg_indexes WHERE schemaname = 'public'";
    assert_eq!(scratch.texts(indexed).await, ["alerts"]);
}

#[tokio::test]
async fn a_transaction_that_a_sink_ended_is_not_committed_in_part() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let mut store = store(&scratch.open().await).await;
    let mut table = store.table::<Sample>("samples").await.unwrap();
    let mut tx = store.begin().await.unwrap();
    tx.client().batch_execute("ROLLBACK").await.unwrap();
    let rows = [Sample::new("x").row()];
    assert!(table.write(&mut tx, &rows).await.is_err());
    assert!(store.commit(tx, &[]).await.is_err());
    assert_eq!(scratch.number("SELECT count(*) FROM samples").await, 0);
}

#[tokio::test]
async fn a_transaction_of_another_database_is_refused() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let one = store(&scratch.open().await).await;
    let mut two = store(&scratch.open().await).await;
    let mut table = one.table::<Sample>("samples").await.unwrap();
    let mut tx = two.begin().await.unwrap();
    let error = table.write(&mut tx, &[]).await.unwrap_err();
    assert!(error.to_string().contains("was handed to"), "{error}");
}

#[tokio::test]
async fn a_write_that_a_lock_holds_up_may_be_tried_again() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let options = PostgresOptions {
        lock_timeout: std::time::Duration::from_millis(50),
        ..PostgresOptions::default()
    };
    let database = scratch.open_with(options).await;
    let mut table = database.sink::<Sample>("samples").await.unwrap();
    let admin = scratch.admin().await;
    admin
        .batch_execute("BEGIN; LOCK TABLE samples")
        .await
        .unwrap();
    let rows = [Sample::new("x").row()];
    let error = table.write(&rows).await.unwrap_err();
    assert!(
        error.is_retryable() && error.to_string().contains("55P03"),
        "{error}"
    );
    admin.batch_execute("ROLLBACK").await.unwrap();
    table.write(&rows).await.unwrap();
    assert_eq!(scratch.number("SELECT count(*) FROM samples").await, 1);
}

#[tokio::test]
async fn a_row_of_another_shape_than_its_type_fails_the_write() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let mut store = store(&scratch.open().await).await;
    let sums = TableOptions {
        mode: WriteMode::Add { key: &["place"] },
        ..TableOptions::default()
    };
    // Straight into the table, and through a staging table.
    for (name, options) in [("bent", TableOptions::default()), ("sums", sums)] {
        let mut table = store.table_with::<Bent>(name, options).await.unwrap();
        for how in Bent::WAYS {
            let mut tx = store.begin().await.unwrap();
            let rows = [Bent::Straight.row(), how.row()];
            how.assert_refused(&table.write(&mut tx, &rows).await.unwrap_err());
            drop(tx);
            let count = format!("SELECT count(*) FROM {name}");
            assert_eq!(scratch.number(&count).await, 0, "{name}, {how:?}");
        }
        // The connection is well: what follows is written.
        let mut tx = store.begin().await.unwrap();
        table.write(&mut tx, &[Bent::Straight.row()]).await.unwrap();
        store.commit(tx, &[]).await.unwrap();
    }
}
