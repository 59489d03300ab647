//! Messages and dead letters of one tenant, which no other sees, marks or deletes.

use fleet_core::checkpoint::CheckpointStore;

use super::rig::{Rig, texts};
use crate::{
    PostgresStore,
    outbox::{Backlog, Settled},
    postgres::{
        Database, PostgresOptions,
        tenancy::{Scope, Scoped, Tenant, check},
    },
    testing::{
        backlog::{PAGE, messages},
        stores::{commit, letter},
    },
};

async fn ingesting(rig: &Rig, tenant: &str) -> Database {
    let tenant = Tenant::new(tenant);
    tenant.add(&rig.scratch.open().await).await.unwrap();
    let options = tenant.ingesting(PostgresOptions::default());
    rig.scratch.open_with(options).await
}

/// The store of a pipeline, with messages in its outbox and one dead letter.
async fn filled(database: &Database, pipeline: &str) -> PostgresStore {
    let mut store = PostgresStore::open(database, pipeline).await.unwrap();
    let tx = store.begin().await.unwrap();
    assert_eq!(store.put_in_outbox(&tx, &messages()).await.unwrap(), 5);
    store.commit(tx, &[]).await.unwrap();
    commit(&mut store, "p/0", |sealed| {
        sealed.dead = vec![letter(1, "decode", pipeline, b"x")];
    })
    .await;
    store
}

#[tokio::test]
async fn a_tenant_relays_its_own_rows_and_sees_no_others() {
    let Some(rig) = Rig::new().await else { return };
    let (north, south) = (
        ingesting(&rig, "north").await,
        ingesting(&rig, "south").await,
    );
    // Even under the same name of a pipeline.
    let norths = filled(&north, "same").await;
    let souths = filled(&south, "same").await;
    for store in [&norths, &souths] {
        let mut outbox = store.outbox_backlog();
        assert!(outbox.own().await.unwrap());
        let waiting = outbox.page(&PAGE).await.unwrap();
        assert_eq!(waiting.len(), 5);
        let mut letters = store.dead_letter_backlog("dead").unwrap();
        assert!(letters.own().await.unwrap());
        assert_eq!(letters.page(&PAGE).await.unwrap().len(), 1);
        assert_eq!(store.dead_letters(9).await.unwrap().len(), 1);
        outbox.release().await.unwrap();
        letters.release().await.unwrap();
    }
    // The other's places, named in any way.
    let mut own = souths.outbox_backlog();
    assert!(own.own().await.unwrap());
    let all: Vec<_> = (1..=20)
        .map(|place| Settled {
            place,
            refusal: None,
        })
        .collect();
    assert!(own.settle(&all).await.unwrap());
    let connection = south.connection().await.unwrap();
    for sql in [
        "DELETE FROM fleet_stream.outbox",
        "UPDATE fleet_stream.outbox SET topic = 'mine'",
        "UPDATE fleet_stream.dead_letters SET reason = 'mine'",
        "DELETE FROM fleet_stream.dead_letters",
    ] {
        let work = connection.client().batch_execute(sql);
        connection.run("test", work).await.unwrap();
    }
    for sql in [
        "UPDATE fleet_stream.outbox SET tenant = 'north'",
        "INSERT INTO fleet_stream.outbox (tenant, pipeline, topic, id, at)
         VALUES ('north', 'same', 't', '00000000-0000-0000-0000-000000000001', 0)",
    ] {
        // It owns one row, and may not give it away.
        let own = "INSERT INTO fleet_stream.outbox (pipeline, topic, id, at)
             VALUES ('same', 't', gen_random_uuid(), 0)";
        let work = connection.client().batch_execute(own);
        connection.run("test", work).await.unwrap();
        let connection = south.connection().await.unwrap();
        let work = connection.client().batch_execute(sql);
        let error = connection.run("test", work).await.unwrap_err().to_string();
        assert!(error.contains("row-level security"), "{error}");
    }
    assert_eq!(norths.outbox_backlog().measure().await.unwrap().waiting, 5);
    let letters = norths.dead_letter_backlog("dead").unwrap().measure().await;
    assert_eq!(letters.unwrap().waiting, 1);
    // Who writes for a tenant passes the check, and so does a relay for all of them not.
    check(&rig.member_of("fleet_ingest").await).await.unwrap();
}

#[tokio::test]
async fn admins_see_what_waits_of_their_tenant() {
    let Some(rig) = Rig::new().await else { return };
    filled(&ingesting(&rig, "north").await, "norths").await;
    filled(&ingesting(&rig, "south").await, "souths").await;
    // Rows of nobody, as of an owner, are seen by whose pipeline it is.
    let owner = rig.scratch.open().await;
    let tenant = Tenant::new("south").with_pipelines(["registered"]);
    tenant.add(&owner).await.unwrap();
    filled(&owner, "registered").await;
    filled(&owner, "nobodys").await;
    let admin = rig.member_of("fleet_admin").await;
    for (tenant, pipelines) in [
        ("north", &["norths"][..]),
        ("south", &["registered", "souths"]),
        ("customer_a", &[]),
    ] {
        for view in ["v_outbox", "v_dead_letters"] {
            let scoped = Scoped::begin(&admin, Scope::of(tenant)).await.unwrap();
            let sql = format!("SELECT DISTINCT pipeline FROM fleet.{view} ORDER BY 1");
            assert_eq!(texts(&scoped, &sql).await, pipelines, "{view} of {tenant}");
        }
    }
    let managers = rig.member_of("fleet_regional_manager").await;
    for table in ["fleet.v_outbox", "fleet_stream.outbox"] {
        let scoped = Scoped::begin(&managers, Scope::of("north")).await.unwrap();
        let tx = scoped.transaction();
        let sql = format!("SELECT FROM {table}");
        let refused = tx.run("test", tx.client().execute(&sql, &[])).await;
        assert!(
            refused
                .unwrap_err()
                .to_string()
                .contains("permission denied")
        );
    }
    // A member of fleet_maintainer relays for all.
    let relay = rig.member_of("fleet_maintainer").await;
    for pipeline in ["norths", "souths", "registered", "nobodys"] {
        let store = PostgresStore::open(&relay, pipeline).await.unwrap();
        let mut outbox = store.outbox_backlog();
        assert!(outbox.own().await.unwrap());
        let waiting = outbox.page(&PAGE).await.unwrap();
        assert_eq!(waiting.len(), 5);
        let settled = Settled {
            place: waiting[0].place,
            refusal: None,
        };
        assert!(outbox.settle(&[settled]).await.unwrap());
        assert_eq!(outbox.measure().await.unwrap().waiting, 4);
    }
    tenant.clear(&owner).await.unwrap();
    Tenant::new("north").clear(&owner).await.unwrap();
    let left = "SELECT DISTINCT pipeline FROM fleet_stream.outbox
        UNION SELECT DISTINCT pipeline FROM fleet_stream.dead_letters ORDER BY 1";
    assert_eq!(rig.scratch.texts(left).await, ["nobodys"]);
}

#[tokio::test]
async fn a_login_of_several_tenants_writes_rows_of_nobody() {
    let Some(rig) = Rig::new().await else { return };
    let owner = rig.scratch.open().await;
    Tenant::new("north")
        .with_pipelines(["mixed"])
        .add(&owner)
        .await
        .unwrap();
    let mut options = Tenant::new("north").ingesting(PostgresOptions::default());
    let both = "{north,south}".to_owned();
    options.settings.insert("fleet.tenants".into(), both);
    let store = filled(&rig.scratch.open_with(options).await, "mixed").await;
    assert_eq!(store.outbox_backlog().measure().await.unwrap().waiting, 5);
    assert_eq!(store.dead_letters(9).await.unwrap().len(), 1);
}
