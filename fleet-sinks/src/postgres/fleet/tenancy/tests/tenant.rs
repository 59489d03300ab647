//! Tenants are added, written for and cleared; their new vehicles are registered.

use super::rig::{Rig, texts};
use crate::postgres::{
    Database, PostgresOptions,
    migrations::may_migrate,
    tenancy::{Scope, Scoped, Tenant},
};

/// Names that end a setting, an array or a string when they are not escaped.
const ODD: &str = r#"no"rth \{x}, 'y'"#;

const STATES: &str = "INSERT INTO fleet.vehicle_state AS s (vehicle_id, fleet_id, last_seen_ts)
    SELECT 'car-' || n, NULLIF('trucks-' || n % 2, 'trucks-1'), '2026-01-01Z' FROM generate_series(1, 3) AS n
    ON CONFLICT (tenant, vehicle_id) DO UPDATE SET last_seen_ts = excluded.last_seen_ts";

async fn execute(database: &Database, sql: &str) -> fleet_core::Result<()> {
    let connection = database.connection().await?;
    let work = connection.client().batch_execute(sql);
    connection.run("test", work).await
}

async fn ingesting(rig: &Rig, tenant: &Tenant) -> Database {
    rig.scratch
        .open_with(tenant.ingesting(PostgresOptions::default()))
        .await
}

#[tokio::test]
async fn a_tenant_is_written_for_with_the_rights_of_ingest_alone() {
    let Some(rig) = Rig::new().await else { return };
    let owner = rig.scratch.open().await;
    let tenant = Tenant::new(ODD).with_pipelines(["p"]);
    for _ in 0..2 {
        tenant.add(&owner).await.unwrap();
    }
    let database = ingesting(&rig, &tenant).await;
    // The second connection is the first one, cleaned.
    for _ in 0..2 {
        execute(&database, STATES).await.unwrap();
        let refused = execute(&database, "SELECT FROM fleet.telemetry").await;
        assert!(
            refused
                .unwrap_err()
                .to_string()
                .contains("permission denied")
        );
        execute(&database, "RESET ROLE").await.unwrap();
    }
    let found = rig
        .scratch
        .texts("SELECT DISTINCT tenant FROM fleet.vehicle_state")
        .await;
    assert_eq!(found, [ODD]);
    // Nobody asked to have its vehicles shown.
    let sql = "SELECT vehicle_id FROM fleet.vehicles WHERE vehicle_id LIKE 'car-%'";
    assert!(rig.scratch.texts(sql).await.is_empty());
}

#[tokio::test]
async fn new_vehicles_are_shown_to_the_roles_of_their_tenant() {
    let Some(rig) = Rig::new().await else { return };
    let owner = rig.scratch.open().await;
    let tenant = Tenant::new("north").showing_new_vehicles_to(["North_All"]);
    tenant.add(&owner).await.unwrap();
    let database = ingesting(&rig, &tenant).await;
    execute(&database, STATES).await.unwrap();
    execute(
        &database,
        "INSERT INTO fleet.trip_logs (trip_id, vehicle_id, received_at) VALUES ('t', 'car-9', now())",
    )
    .await
    .unwrap();
    let hour = "INSERT INTO fleet.self_driving_hours
        SELECT (jsonb_populate_record(NULL::fleet.self_driving_hours, jsonb_object_agg(attname, 0)
            || '{\"tenant\": \"north\", \"id\": \"h\", \"vehicle_id\": \"car-8\", \"start\": \"2026-01-01Z\"}')).*
        FROM pg_attribute WHERE attrelid = 'fleet.self_driving_hours'::regclass AND attnum > 0 AND NOT attisdropped";
    rig.run(hour).await;
    let sql = "SELECT concat_ws(' ', vehicle_id, fleet_id) FROM fleet.vehicles ORDER BY 1";
    let reader = rig.member_of("fleet_regional_manager").await;
    for (tenant, role, seen) in [
        (
            "north",
            "north_all",
            &["car-1", "car-2 trucks-0", "car-3", "car-8", "car-9"][..],
        ),
        ("north", "south_all", &[]),
        ("customer_a", "north_all", &[]),
    ] {
        let scope = Scope::of(tenant).with_roles([role]);
        let scoped = Scoped::begin(&reader, scope).await.unwrap();
        assert_eq!(texts(&scoped, sql).await, seen, "{tenant} {role}");
    }
    // A fleet that is heard of later is that of the vehicle.
    execute(
        &database,
        "INSERT INTO fleet.vehicle_state (vehicle_id, fleet_id, last_seen_ts) VALUES ('car-9', 'vans', now())",
    )
    .await
    .unwrap();
    let fleet = "SELECT fleet_id FROM fleet.vehicles WHERE vehicle_id = 'car-9'";
    assert_eq!(rig.scratch.texts(fleet).await, ["vans"]);
    // A vehicle that an admin moved stays where it is.
    rig.run("UPDATE fleet.vehicles SET access_roles = ',other,' WHERE vehicle_id = 'car-1'")
        .await;
    rig.run("DELETE FROM fleet.vehicle_state").await;
    execute(&database, STATES).await.unwrap();
    let roles = "SELECT access_roles FROM fleet.vehicles WHERE vehicle_id = 'car-1'";
    assert_eq!(rig.scratch.texts(roles).await, [",other,"]);
}

/// A row of every table that a pipeline writes, for the tenant of the session.
const ROWS: &str = "
    INSERT INTO fleet.telemetry (vehicle_id, time) VALUES ('car-1', '2026-01-01Z');
    INSERT INTO fleet.perception (vehicle_id, time) VALUES ('car-1', '2026-01-01Z');
    INSERT INTO fleet.driving_events (vehicle_id, time, event_type) VALUES ('car-1', '2026-01-01Z', 'x');
    INSERT INTO fleet.vehicle_state (vehicle_id, last_seen_ts) VALUES ('car-1', '2026-01-01Z');
    INSERT INTO fleet.alerts (id, time, vehicle_id, kind, severity, rule, limit_source, message)
        VALUES ('a', '2026-01-01Z', 'car-1', 'k', 's', 'r', 'rule', 'm');
    INSERT INTO fleet.minutes (vehicle_id, time, readings, speed_count, battery_count, engine_temp_count, alert_readings)
        VALUES ('car-1', '2026-01-01Z', 1, 0, 0, 0, 0);
    INSERT INTO fleet.trip_logs (trip_id, vehicle_id, received_at) VALUES ('t', 'car-1', '2026-01-01Z');
    INSERT INTO fleet.driver_scores (trip_id, vehicle_id, harsh_braking_count, rapid_accel_count, created_at)
        VALUES ('t', 'car-1', 0, 0, '2026-01-01Z');
    INSERT INTO fleet.self_driving_metrics (time_bucket, vehicle_id, metric_name) VALUES ('2026-01-01Z', 'car-1', 'm')";
/// The same of a store.
const STORED: &str = "
    INSERT INTO fleet_stream.positions (pipeline, partition, token, seq, ended) VALUES ('{p}', 'p', 1, 1, false);
    INSERT INTO fleet_stream.tallies (pipeline, partition, name, count) VALUES ('{p}', 'p', 'n', 1);
    INSERT INTO fleet_stream.dead_letters (pipeline, partition, \"offset\", stage, reason, raw, length)
        VALUES ('{p}', 'p', 1, 's', 'r', 'x', 1);
    INSERT INTO fleet_stream.result_tables (pipeline, table_name, made) VALUES ('{p}', 't', false)";
/// The tables of both, and whose rows each has.
const LEFT: &str = "
    SELECT relname || ' ' || (xpath('/row/t/text()', query_to_xml(
        format('SELECT string_agg(DISTINCT %s, '' '' ORDER BY %1$s) AS t FROM %s',
            CASE WHEN relnamespace = 'fleet'::regnamespace THEN 'tenant' ELSE 'pipeline' END, oid::regclass),
        false, true, '')))[1]::text AS line
    FROM pg_class
    WHERE (relnamespace = 'fleet'::regnamespace AND relname = ANY (ARRAY['telemetry', 'perception', 'driving_events',
            'vehicle_state', 'alerts', 'minutes', 'hours', 'days', 'trip_logs', 'driver_scores', 'self_driving_metrics'])
        OR relnamespace = 'fleet_stream'::regnamespace AND relname = ANY (ARRAY['positions', 'tallies', 'dead_letters',
            'result_tables']))
    ORDER BY relname";

#[tokio::test]
async fn clearing_a_tenant_leaves_nothing_of_it_and_all_of_the_others() {
    let Some(rig) = Rig::new().await else { return };
    let owner = rig.scratch.open().await;
    let tenants = ["north", "south"].map(|name| Tenant::new(name).with_pipelines([name]));
    for tenant in &tenants {
        tenant.add(&owner).await.unwrap();
        let database = ingesting(&rig, tenant).await;
        execute(&database, ROWS).await.unwrap();
        rig.run(&STORED.replace("{p}", tenant.id())).await;
    }
    let left = async || rig.scratch.texts(LEFT).await;
    assert_eq!(left().await.len(), 15);
    assert!(
        left()
            .await
            .iter()
            .all(|line| line.ends_with(" north south")),
        "{:?}",
        left().await
    );
    tenants[0].clear(&owner).await.unwrap();
    assert!(
        left()
            .await
            .iter()
            .all(|line| line.ends_with(" south") && !line.contains("north"))
    );
    assert_eq!(left().await.len(), 15);
    // Who writes may not clear, and nobody else may call what runs with the owner's rights.
    let database = ingesting(&rig, &tenants[1]).await;
    let refused = tenants[1].clear(&database).await.unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("permission denied for function"),
        "{refused}"
    );
    let open = "SELECT p.proname::text FROM pg_proc p
        WHERE p.proname IN ('clear_tenant', 'register_vehicles') AND has_function_privilege('public', p.oid, 'EXECUTE')";
    assert!(rig.scratch.texts(open).await.is_empty());
}

#[tokio::test]
async fn a_pipeline_has_one_tenant() {
    let Some(rig) = Rig::new().await else { return };
    let owner = rig.scratch.open().await;
    Tenant::new("north")
        .with_pipelines(["vans"])
        .add(&owner)
        .await
        .unwrap();
    let second = Tenant::new("south").with_pipelines(["trucks", "vans"]);
    let refused = second.add(&owner).await.unwrap_err().to_string();
    assert!(
        refused.contains("the pipeline vans is that of another tenant"),
        "{refused}"
    );
    let there = "SELECT tenant FROM fleet.customers WHERE tenant IN ('north', 'south')";
    assert_eq!(rig.scratch.texts(there).await, ["north"]);
}

#[tokio::test]
async fn only_who_owns_the_schema_or_can_make_it_may_migrate() {
    let Some(rig) = Rig::new().await else { return };
    assert!(may_migrate(&rig.scratch.open().await).await.unwrap());
    for role in ["fleet_ingest", "fleet_admin"] {
        assert!(
            !may_migrate(&rig.member_of(role).await).await.unwrap(),
            "{role}"
        );
    }
    // A login that may make schemas and roles, but found this one made by another.
    let options = PostgresOptions::default;
    let maker = rig.scratch.login("CREATEROLE", options()).await;
    assert!(!may_migrate(&maker).await.unwrap());
    rig.run("DROP SCHEMA fleet CASCADE").await;
    assert!(
        !may_migrate(&maker).await.unwrap(),
        "without the right to create a schema"
    );
    let name = rig.scratch.name();
    rig.run(&format!("GRANT CREATE ON DATABASE {name} TO PUBLIC"))
        .await;
    assert!(may_migrate(&maker).await.unwrap());
}
