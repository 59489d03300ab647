//! The check of the catalogue detects each planted hole.

use super::rig::Rig;
use crate::postgres::fleet::tenancy::check::{self, Timescale};

async fn holes(rig: &Rig) -> Vec<String> {
    let tx = rig.scratch.open().await.begin().await.unwrap();
    let made = Timescale::find(&tx).await.unwrap();
    check::holes(&tx, &made).await.unwrap()
}

#[tokio::test]
async fn every_table_of_tenants_is_forced_through_policies() {
    let Some(rig) = Rig::new().await else { return };
    rig.run("SELECT fleet.maintain('2026-01-01Z')").await;
    assert!(holes(&rig).await.is_empty(), "{:?}", holes(&rig).await);
}

#[tokio::test]
async fn each_hole_is_found() {
    let Some(rig) = Rig::new().await else { return };
    for (hole, mend, word) in [
        (
            "CREATE TABLE fleet.more (tenant text PRIMARY KEY)",
            "ALTER TABLE fleet.more ENABLE ROW LEVEL SECURITY",
            "table more has no row-level security",
        ),
        (
            "",
            "ALTER TABLE fleet.more FORCE ROW LEVEL SECURITY",
            "table more does not force",
        ),
        (
            "",
            "CREATE POLICY readers ON fleet.more USING (tenant = ANY (fleet.scope_tenants()))",
            "table more has no policy",
        ),
        (
            "CREATE POLICY other ON fleet.more USING (true)",
            "DROP POLICY other ON fleet.more",
            "does not ask for the tenant: other",
        ),
        (
            "CREATE UNIQUE INDEX leak ON fleet.vehicles (vehicle_id, tenant)",
            "DROP INDEX fleet.leak",
            "unique index fleet.leak",
        ),
        (
            "GRANT SELECT ON fleet.telemetry_rest TO fleet_admin",
            "REVOKE SELECT ON fleet.telemetry_rest FROM fleet_admin",
            "partition telemetry_rest",
        ),
        (
            "CREATE TABLE fleet.global (id int); GRANT SELECT ON fleet.global TO PUBLIC",
            "DROP TABLE fleet.global",
            "table global has no tenant",
        ),
        (
            "CREATE FUNCTION fleet.leak() RETURNS bigint LANGUAGE sql SECURITY DEFINER RETURN 1",
            "ALTER FUNCTION fleet.leak() SET search_path = pg_catalog",
            "function fleet.leak()",
        ),
        (
            "CREATE VIEW fleet.v_leak AS SELECT * FROM fleet.vehicles",
            "DROP VIEW fleet.v_leak",
            "view v_leak",
        ),
        (
            "GRANT SELECT (tenant, vehicle_id) ON fleet.telemetry_rest TO fleet_regional_manager",
            "REVOKE SELECT (tenant, vehicle_id) ON fleet.telemetry_rest FROM fleet_regional_manager",
            "partition telemetry_rest",
        ),
        (
            "CREATE POLICY wide ON fleet.more USING (tenant = ANY (fleet.scope_tenants())) WITH CHECK (true)",
            "DROP POLICY wide ON fleet.more",
            "does not ask for the tenant: wide",
        ),
        (
            "CREATE MATERIALIZED VIEW fleet.copy AS SELECT * FROM fleet.vehicles",
            "DROP MATERIALIZED VIEW fleet.copy",
            "table copy has no row-level security",
        ),
        (
            "CREATE VIEW fleet.v_all WITH (security_barrier = true) AS SELECT * FROM fleet.vehicles",
            "ALTER VIEW fleet.v_all SET (security_invoker = on)",
            "view v_all goes by its owner's rights and does not ask",
        ),
        (
            "ALTER TABLE fleet.alerts NO FORCE ROW LEVEL SECURITY",
            "ALTER TABLE fleet.alerts FORCE ROW LEVEL SECURITY",
            "table alerts does not force",
        ),
        (
            "ALTER TABLE fleet_stream.outbox NO FORCE ROW LEVEL SECURITY",
            "ALTER TABLE fleet_stream.outbox FORCE ROW LEVEL SECURITY",
            "table fleet_stream.outbox is not behind",
        ),
        (
            "CREATE POLICY wide ON fleet_stream.dead_letters USING (true)",
            "DROP POLICY wide ON fleet_stream.dead_letters",
            "table fleet_stream.dead_letters does not ask for the tenant: wide",
        ),
    ] {
        is_found(&rig, hole, mend, word).await;
    }
    assert!(holes(&rig).await.is_empty());
}

#[tokio::test]
async fn each_hole_of_logs_is_found() {
    let Some(rig) = Rig::new().await else { return };
    for (hole, mend, word) in [
        (
            "ALTER TABLE fleet_stream.log_readers DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE fleet_stream.log_readers ENABLE ROW LEVEL SECURITY",
            "table fleet_stream.log_readers is not behind",
        ),
        (
            "CREATE POLICY wide ON fleet_stream.log_rows USING (true)",
            "DROP POLICY wide ON fleet_stream.log_rows",
            "table fleet_stream.log_rows does not ask for the tenant: wide",
        ),
    ] {
        is_found(&rig, hole, mend, word).await;
    }
}

/// A hole is found by its sentence, and no longer once it is mended.
async fn is_found(rig: &Rig, hole: &str, mend: &str, word: &str) {
    rig.run(hole).await;
    let found = holes(rig).await;
    assert!(
        found.iter().any(|sentence| sentence.contains(word)),
        "{word}: {found:?}"
    );
    rig.run(mend).await;
    let found = holes(rig).await;
    assert!(
        !found.iter().any(|sentence| sentence.contains(word)),
        "{word}: {found:?}"
    );
}
