//! What each database role may do, and which logins are refused at start-up.

use fleet_core::Error;

use super::rig::{Rig, people, texts};
use crate::postgres::{
    Database, PostgresOptions,
    queries::acknowledge_alert,
    tenancy::{Scope, Scoped, check},
};

/// The result of a statement in a scope: the number of rows, or the reason for its refusal.
async fn attempt(database: &Database, scope: Scope, sql: &str) -> Result<u64, Error> {
    let scoped = Scoped::begin(database, scope).await.unwrap();
    let tx = scoped.transaction();
    let rows = tx.run("attempt", tx.client().execute(sql, &[])).await?;
    scoped.commit().await?;
    Ok(rows)
}

const ALERT: &str = "INSERT INTO fleet.alerts (tenant, id, time, vehicle_id, kind, severity, rule, limit_source, message)
    VALUES ('customer_a', '00000000-0000-0000-0000-000000000007', '2026-01-01Z', 'v_a_w1_001', 'OVERSPEED', 'HIGH', 'r', 'rule', 'm')";

#[tokio::test]
async fn ingest_appends_and_replaces_states_and_nothing_else() {
    let Some(rig) = Rig::new().await else { return };
    let database = rig.member_of("fleet_ingest").await;
    let own = || Scope::of("customer_a");
    let telemetry =
        "INSERT INTO fleet.telemetry (vehicle_id, time) VALUES ('v_a_w1_001', '2026-01-01Z')";
    let state = "INSERT INTO fleet.vehicle_state AS s (vehicle_id, last_seen_ts) VALUES ('v_a_w1_001', '2026-01-01Z')
        ON CONFLICT (tenant, vehicle_id) DO UPDATE SET last_seen_ts = excluded.last_seen_ts
        WHERE s.last_seen_ts <= excluded.last_seen_ts";
    for allowed in [telemetry, ALERT, state, state] {
        assert_eq!(
            attempt(&database, own(), allowed).await.unwrap(),
            1,
            "{allowed}"
        );
    }
    for refused in [
        "SELECT FROM fleet.telemetry",
        "SELECT FROM fleet.v_telemetry",
        "UPDATE fleet.telemetry SET speed_kmh = 1",
        "DELETE FROM fleet.telemetry",
        "TRUNCATE fleet.telemetry",
        "UPDATE fleet.alerts SET acknowledged = true",
        "DELETE FROM fleet.vehicle_state",
        "INSERT INTO fleet.vehicles (vehicle_id) VALUES ('x')",
        "INSERT INTO fleet.telemetry_rest (tenant, vehicle_id, time) VALUES ('customer_b', 'x', '2026-01-01Z')",
        "SELECT fleet.maintain(now())",
    ] {
        let error = attempt(&database, own(), refused)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("permission denied"), "{refused}: {error}");
    }
    // Without a tenant the login cannot write, and a row of another tenant is refused.
    let scoped = Scope::of("customer_a").and_of("customer_b");
    let error = attempt(&database, scoped, telemetry)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("row-level security"), "{error}");
    let foreign = telemetry
        .replace("(vehicle_id,", "(tenant, vehicle_id,")
        .replace("('v_", "('customer_b', 'v_");
    let error = attempt(&database, own(), &foreign)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("row-level security") && error.contains("42501"),
        "{error}"
    );
}

#[tokio::test]
async fn managers_read_and_acknowledge_in_their_own_name() {
    let Some(rig) = Rig::new().await else { return };
    rig.run(ALERT).await;
    let [territory, regional, _] = people();
    let database = rig.member_of("fleet_territory_manager").await;
    let east = Scope::of("customer_a")
        .with_roles(["region_east"])
        .as_user("eve");
    for refused in [
        "UPDATE fleet.alerts SET message = 'nothing'",
        "UPDATE fleet.alerts SET tenant = 'customer_b'",
        "DELETE FROM fleet.alerts",
        "INSERT INTO fleet.driver_notes (note_id, vehicle_id, driver_id, ts, note_text) VALUES ('n', 'v', 'd', now(), 't')",
        "SELECT password_hash FROM fleet.users",
        "SELECT FROM fleet.v_dead_letters",
        "SELECT FROM fleet.telemetry_rest",
    ] {
        let error = attempt(&database, territory.clone(), refused)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("permission denied"), "{refused}: {error}");
    }
    let forged = "UPDATE fleet.alerts SET acknowledged = true, acknowledged_at = now(), acknowledged_by = 'mallory'";
    assert_eq!(attempt(&database, east.clone(), forged).await.unwrap(), 0);
    let error = attempt(&database, territory.clone(), forged)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("row-level security"), "{error}");

    let id = "00000000-0000-0000-0000-000000000007";
    let scoped = Scoped::begin(&database, east).await.unwrap();
    assert_eq!(acknowledge_alert(&scoped, id, None).await.unwrap(), None);
    drop(scoped);
    let scoped = Scoped::begin(&database, territory).await.unwrap();
    let seen = acknowledge_alert(&scoped, id, Some("called"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (&*seen.acknowledged_by, seen.notes.get().map(|n| &**n)),
        ("territory_manager_1", Some("called"))
    );
    scoped.commit().await.unwrap();
    // The first acknowledgement is kept.
    let scoped = Scoped::begin(&database, regional).await.unwrap();
    assert_eq!(
        acknowledge_alert(&scoped, id, None).await.unwrap().unwrap(),
        seen
    );
}

#[tokio::test]
async fn admins_keep_the_books_of_their_tenants_but_no_passwords() {
    let Some(rig) = Rig::new().await else { return };
    rig.run(
        "INSERT INTO fleet.pipelines VALUES ('customer_a', 'mine'), ('customer_b', 'theirs');
         INSERT INTO fleet_stream.dead_letters (pipeline, partition, \"offset\", stage, reason, raw, length)
         VALUES ('mine', 'p', 1, 'decode', 'bad', 'x', 1), ('theirs', 'p', 1, 'decode', 'foreign', 'x', 1)",
    )
    .await;
    let database = rig.member_of("fleet_admin").await;
    let [_, _, admin] = people();
    let add = "INSERT INTO fleet.vehicles (vehicle_id, access_roles) VALUES ('new', ',admin_all,')";
    assert_eq!(attempt(&database, admin.clone(), add).await.unwrap(), 1);
    let foreign = "INSERT INTO fleet.vehicles (tenant, vehicle_id) VALUES ('customer_b', 'new')";
    assert!(attempt(&database, admin.clone(), foreign).await.is_err());
    let away = "UPDATE fleet.vehicles SET tenant = 'customer_b' WHERE vehicle_id = 'new'";
    assert!(attempt(&database, admin.clone(), away).await.is_err());
    let hash = attempt(
        &database,
        admin.clone(),
        "SELECT password_hash FROM fleet.users",
    )
    .await;
    assert!(hash.unwrap_err().to_string().contains("permission denied"));
    let scoped = Scoped::begin(&database, admin).await.unwrap();
    assert_eq!(
        texts(&scoped, "SELECT reason FROM fleet.v_dead_letters").await,
        ["bad"]
    );
    assert_eq!(
        texts(&scoped, "SELECT user_name FROM fleet.users")
            .await
            .len(),
        3
    );
}

#[tokio::test]
async fn a_login_that_policies_do_not_hold_is_refused_at_start_up() {
    let Some(rig) = Rig::new().await else { return };
    for good in [
        "fleet_ingest",
        "fleet_territory_manager",
        "fleet_regional_manager",
        "fleet_admin",
    ] {
        check(&rig.member_of(good).await).await.unwrap();
    }
    for (attributes, word) in [
        ("SUPERUSER", "superuser"),
        (
            "BYPASSRLS IN ROLE fleet_admin",
            "bypasses row-level security",
        ),
        ("IN ROLE fleet_maintainer", "member of fleet_maintainer"),
    ] {
        let database = rig
            .scratch
            .login(attributes, PostgresOptions::default())
            .await;
        let error = check(&database).await.unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
        assert_eq!(error.kind(), fleet_core::ErrorKind::Config);
    }
    let owner = rig.member_of("fleet_admin").await;
    let name = Scoped::begin(&owner, Scope::of("x")).await.unwrap();
    let name = texts(&name, "SELECT current_user::text").await.remove(0);
    rig.run(&format!("ALTER TABLE fleet.driver_notes OWNER TO {name}"))
        .await;
    let error = check(&owner).await.unwrap_err().to_string();
    rig.run("ALTER TABLE fleet.driver_notes OWNER TO CURRENT_USER")
        .await;
    assert!(error.contains("owns tables"), "{error}");
}
