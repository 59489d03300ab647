//! Many tenants on few connections, while calls are cancelled, fail and time out: no tenant sees a
//! row of another.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    task::Poll,
};

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::rig::Rig;
use crate::postgres::{
    Database, PostgresOptions,
    tenancy::{Scope, Scoped},
};

const TENANTS: usize = 50;
/// The number of rows of each tenant in each table that is read.
const ROWS: usize = 3;
const WORKERS: usize = 8;

/// Counts rows of this tenant and of others, in a table with roles and one that takes the roles of
/// its vehicle.
const SEEN: &str =
    "SELECT tenant FROM fleet.v_telemetry UNION ALL SELECT tenant FROM fleet.vehicle_state";

#[tokio::test]
async fn no_tenant_sees_another_whatever_is_cancelled() {
    Box::pin(churn(2_000)).await;
}

#[tokio::test]
#[ignore = "for cargo xtask soak"]
async fn soak_no_tenant_sees_another_whatever_is_cancelled() {
    Box::pin(churn(20_000)).await;
}

async fn churn(operations: usize) {
    let Some(rig) = Rig::new().await else { return };
    rig.run(&format!(
        "INSERT INTO fleet.customers (tenant, name) SELECT format('t%s', n), '' FROM generate_series(1, {TENANTS}) AS n;
         INSERT INTO fleet.vehicles (tenant, vehicle_id, access_roles)
         SELECT format('t%s', n), format('car-%s', r), ',all,'
         FROM generate_series(1, {TENANTS}) AS n, generate_series(1, {ROWS}) AS r;
         INSERT INTO fleet.telemetry (tenant, vehicle_id, time, access_roles)
         SELECT tenant, vehicle_id, '2026-01-01Z', ',all,' FROM fleet.vehicles WHERE access_roles = ',all,';
         INSERT INTO fleet.vehicle_state (tenant, vehicle_id, last_seen_ts)
         SELECT tenant, vehicle_id, '2026-01-01Z' FROM fleet.vehicles WHERE access_roles = ',all,'"
    ))
    .await;
    let options = PostgresOptions {
        pool_size: 4,
        ..PostgresOptions::default()
    };
    let database = Arc::new(rig.scratch.login("IN ROLE fleet_admin", options).await);
    let each = operations / WORKERS;
    let workers = (0..WORKERS as u64).map(|seed| {
        let database = Arc::clone(&database);
        tokio::spawn(async move {
            let mut random = Pcg64Mcg::seed_from_u64(seed);
            let mut complete = 0;
            for _ in 0..each {
                complete += operation(&database, &mut random).await;
            }
            complete
        })
    });
    let mut complete = 0;
    for worker in workers.collect::<Vec<_>>() {
        complete += worker.await.unwrap();
    }
    // Operations that were not cancelled and did not fail saw all rows of their tenant, so the test
    // did read something.
    assert!(complete > operations / 4, "{complete} of {operations}");
}

/// One operation of one tenant; 1 if it completed.
async fn operation(database: &Database, random: &mut Pcg64Mcg) -> usize {
    let tenant = format!("t{}", random.random_range(1..=TENANTS));
    let scope = Scope::of(&tenant).with_roles(["all"]);
    let at = random.random_range(1..12);
    match random.random_range(0..6) {
        0 | 1 => {
            sees_its_own(database, scope, &tenant).await;
            1
        }
        2 => usize::from(
            drop_at(at, sees_its_own(database, scope, &tenant))
                .await
                .is_some(),
        ),
        3 => {
            let scoped = Scoped::begin(database, scope).await.unwrap();
            let tx = scoped.transaction();
            let failed = tx
                .run("divide in", tx.client().batch_execute("SELECT 1 / 0"))
                .await;
            assert!(failed.is_err());
            // A failed transaction cannot appear committed.
            assert!(scoped.commit().await.is_err());
            0
        }
        4 => {
            let scoped = Scoped::begin(database, scope).await.unwrap();
            let tx = scoped.transaction();
            let slow = "SET LOCAL statement_timeout = 1; SELECT pg_sleep(10)";
            assert!(
                tx.run("sleep in", tx.client().batch_execute(slow))
                    .await
                    .is_err()
            );
            0
        }
        _ => {
            let connection = database.connection().await.unwrap();
            let asked = connection.client().query(SEEN, &[]);
            let seen = connection.run("look around in", asked).await.unwrap();
            assert!(seen.is_empty(), "without a scope there is nothing");
            1
        }
    }
}

async fn sees_its_own(database: &Database, scope: Scope, tenant: &str) {
    let scoped = Scoped::begin(database, scope).await.unwrap();
    let seen = scoped
        .rows("look around in", SEEN, &[], |row| {
            row.try_get::<_, String>(0)
        })
        .await
        .unwrap();
    assert_eq!(seen, vec![tenant; 2 * ROWS]);
    scoped.commit().await.unwrap();
}

/// Polls a future up to its n-th suspension and then drops it; `None` if it had not finished.
async fn drop_at<F: Future>(wait: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut waits = 0;
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if waits + 1 < wait => {
            waits += 1;
            Poll::Pending
        }
        Poll::Pending => Poll::Ready(None),
    })
    .await
}
