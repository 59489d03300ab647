//! Queries over 30 days read indexes or roll-ups. Their time is measured by benches.

use std::time::SystemTime;

use fleet_core::EventTime;
use tokio_postgres::types::ToSql;

use crate::postgres::{
    queries::{TimeRange, spans::Spans, speed_series, sums},
    tenancy::{Scope, Scoped, tests::rig::Rig},
};

const VEHICLES: usize = 20;

/// 30 days that begin and end within a minute, so that every part of a plan reads rows.
fn month() -> TimeRange {
    let [from, to] =
        ["2026-01-01T10:20:30Z", "2026-01-31T10:20:30Z"].map(|at| EventTime::parse(at).unwrap());
    TimeRange::new(from, to).unwrap()
}

/// Every tenth minute, with its readings, of every vehicle for 31 days.
async fn rig() -> Option<Rig> {
    let rig = Box::pin(Rig::new()).await?;
    for table in ["telemetry", "minutes", "hours", "days"] {
        let make = format!("SELECT fleet.make_partitions('{table}', '2026-01-01Z', '2026-02-01Z')");
        rig.run(&make).await;
    }
    rig.run(&format!(
        "INSERT INTO fleet.telemetry (tenant, vehicle_id, time, speed_kmh)
         SELECT 'vehicleops', format('fleet-demo-001-VH-%s', to_char(n, 'FM000')), at, 50
         FROM generate_series(1, {VEHICLES}) AS n,
            generate_series('2026-01-01Z'::timestamptz, '2026-01-31 23:50Z', '10 minutes') AS at;
         SELECT fleet.roll_up('2026-01-01Z', '2026-02-01Z')"
    ))
    .await;
    rig.run("VACUUM ANALYZE").await;
    Some(rig)
}

/// The lines of a plan that read a table, with and without known values.
async fn scans(scoped: &Scoped, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Vec<String> {
    let client = scoped.transaction().client();
    let mut scans = Vec::new();
    for mode in ["force_custom_plan", "force_generic_plan"] {
        client
            .execute("SELECT set_config('plan_cache_mode', $1, true)", &[&mode])
            .await
            .unwrap();
        let plan = client
            .query(&format!("EXPLAIN {sql}"), values)
            .await
            .unwrap();
        let lines = plan.iter().map(|row| row.get::<_, String>(0));
        scans.extend(lines.filter(|line| line.contains("Scan")));
    }
    scans
}

fn assert_no_full_scan(scans: &[String], small: &[&str]) {
    let full = |scan: &&String| {
        scan.contains("Seq Scan") && !small.iter().any(|table| scan.contains(table))
    };
    let found: Vec<_> = scans.iter().filter(full).collect();
    assert!(found.is_empty(), "{found:#?}");
}

fn values<'a>(
    first: &[&'a (dyn ToSql + Sync)],
    bounds: &'a [SystemTime],
) -> Vec<&'a (dyn ToSql + Sync)> {
    let bounds = bounds.iter().map(|bound| bound as &(dyn ToSql + Sync));
    first.iter().copied().chain(bounds).collect()
}

#[tokio::test]
async fn thirty_days_are_read_from_indexes_and_roll_ups() {
    let Some(rig) = rig().await else { return };
    let database = rig.member_of("fleet_admin").await;
    let scope = Scope::of("vehicleops").with_roles(["fleet-demo-001"]);
    let scoped = Scoped::begin(&database, scope).await.unwrap();
    let (tenant, vehicle) = ("vehicleops", "fleet-demo-001-VH-007");
    let bounds = Spans::of(month()).bounds();
    // The visible vehicles are few; each statement reads them all.
    let small = ["on vehicles"];

    let one = vec![vehicle];
    let metrics = scans(&scoped, sums::SQL, &values(&[&tenant, &one], &bounds)).await;
    assert_no_full_scan(&metrics, &small);
    assert!(
        metrics.iter().any(|scan| scan.contains("days_")),
        "{metrics:#?}"
    );

    let all: Vec<_> = (1..=VEHICLES)
        .map(|n| format!("fleet-demo-001-VH-{n:03}"))
        .collect();
    let performance = scans(&scoped, sums::SQL, &values(&[&tenant, &all], &bounds)).await;
    // Reading all days of all vehicles is what the roll-up is for.
    assert_no_full_scan(&performance, &["on vehicles", "on days"]);

    let minutes = Spans::of_minutes(month());
    let bounds = [minutes.minutes[0], minutes.moments[0], minutes.moments[1]]
        .map(TimeRange::bounds)
        .concat();
    let series = scans(
        &scoped,
        speed_series::SQL,
        &values(&[&tenant, &vehicle, &5_i32], &bounds),
    )
    .await;
    assert_no_full_scan(&series, &small);
    assert!(
        series
            .iter()
            .any(|scan| scan.contains("Index Only Scan") && scan.contains("minutes_")),
        "{series:#?}"
    );

    // A query that cannot use an index is detected.
    let [from, _] = month().bounds();
    let sql = "SELECT avg(speed_kmh) FROM fleet.v_telemetry WHERE time >= $1";
    let full = scans(&scoped, sql, &[&from]).await;
    assert!(
        full.iter()
            .any(|scan| scan.contains("Seq Scan on telemetry_")),
        "{full:#?}"
    );
}
