//! Logs of one tenant, which no other sees, writes, reads or holds back.

use fleet_core::{checkpoint::CheckpointStore, sink::TransactionalSink};

use super::rig::Rig;
use crate::{
    PostgresStore,
    postgres::{
        Database, PostgresOptions,
        tenancy::{Tenant, check},
    },
    store_log::{LogOptions, LogSourceOptions},
    testing::{
        readers::{keys, read_all},
        rides::{by_driver, ride},
    },
};

async fn ingesting(rig: &Rig, tenant: &str) -> Database {
    let tenant = Tenant::new(tenant);
    tenant.add(&rig.scratch.open().await).await.unwrap();
    let options = tenant.ingesting(PostgresOptions::default());
    // A login that policies apply to.
    rig.scratch.login("IN ROLE fleet_ingest", options).await
}

async fn filled(database: &Database, drivers: &[&str]) -> PostgresStore {
    let mut store = PostgresStore::open(database, "writer").await.unwrap();
    let mut log = store.log(by_driver()).await.unwrap();
    let rows: Vec<_> = (0..)
        .zip(drivers)
        .map(|(n, driver)| ride(driver, n))
        .collect();
    let mut tx = store.begin().await.unwrap();
    log.write(&mut tx, &rows).await.unwrap();
    store.commit(tx, &[]).await.unwrap();
    store
}

#[tokio::test]
async fn a_tenant_has_logs_of_its_own_under_any_name() {
    let Some(rig) = Rig::new().await else { return };
    let (north, south) = (
        ingesting(&rig, "north").await,
        ingesting(&rig, "south").await,
    );
    check(&north).await.unwrap();
    let norths = filled(&north, &["n1", "n2"]).await;
    let souths = filled(&south, &["s1"]).await;
    for (store, expected) in [(&norths, &["n1", "n2"][..]), (&souths, &["s1"])] {
        let options = LogSourceOptions::until_now();
        let mut source = store.log_source("rides", "same", options).await.unwrap();
        assert_eq!(keys(&read_all(&mut source).await), expected);
        let summary = store.summary().await.unwrap();
        assert_eq!(summary.logs["rides"].written, expected.len() as u64);
        assert_eq!(summary.logs["rides"].readers.len(), 1);
    }
    // The other's rows, named in any way.
    let connection = south.connection().await.unwrap();
    for sql in [
        "DELETE FROM fleet_stream.log_rows WHERE tenant = 'north'",
        "UPDATE fleet_stream.log_heads SET next = 0 WHERE tenant = 'north'",
        "DELETE FROM fleet_stream.log_readers WHERE tenant = 'north'",
    ] {
        let changed = connection.client().execute(sql, &[]);
        assert_eq!(connection.run("test", changed).await.unwrap(), 0, "{sql}");
    }
    for sql in [
        "INSERT INTO fleet_stream.log_rows VALUES ('north', 'rides', 0, 99, '', 0, '')",
        "UPDATE fleet_stream.log_readers SET tenant = 'north', reader = 'mine'",
        "INSERT INTO fleet_stream.log_heads VALUES ('', 'nobodys', 0, 0)",
    ] {
        let connection = south.connection().await.unwrap();
        let work = connection.client().batch_execute(sql);
        let error = connection.run("test", work).await.unwrap_err().to_string();
        assert!(error.contains("row-level security"), "{error}");
    }
    souths.drop_active_reader("rides", "same").await.unwrap();
    assert_eq!(
        norths.summary().await.unwrap().logs["rides"].readers.len(),
        1
    );

    Tenant::new("north")
        .clear(&rig.scratch.open().await)
        .await
        .unwrap();
    let left = "SELECT DISTINCT tenant FROM fleet_stream.log_rows
        UNION SELECT tenant FROM fleet_stream.log_heads
        UNION SELECT tenant FROM fleet_stream.log_readers ORDER BY 1";
    assert_eq!(rig.scratch.texts(left).await, ["south"]);
}

#[tokio::test]
async fn a_login_of_several_tenants_has_no_log() {
    let Some(rig) = Rig::new().await else { return };
    let mut options = Tenant::new("north").ingesting(PostgresOptions::default());
    let both = "{north,south}".to_owned();
    options.settings.insert("fleet.tenants".into(), both);
    let database = rig.scratch.login("IN ROLE fleet_ingest", options).await;
    let store = PostgresStore::open(&database, "mixed").await.unwrap();
    let error = store
        .make_log("rides", &LogOptions::default())
        .await
        .unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("one tenant, and this login has 2"),
        "{message}"
    );
    let none = ingesting(&rig, "north").await;
    drop(filled(&none, &["n1"]).await);
}
