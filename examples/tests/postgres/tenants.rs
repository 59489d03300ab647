//! Who the command writes for, and what it leaves alone when it refuses.

use crate::agreement::database::Demo;

fn rides(vehicle: &str) -> String {
    let line = |second| {
        format!(
            "{{\"vehicle_id\":\"{vehicle}\",\"speed_kmh\":50,\"timestamp\":\"2024-03-01T08:00:{second:02}Z\"}}\n"
        )
    };
    (0..30).map(line).collect()
}

const REPLAY: [&str; 4] = ["--dialect", "vehicleops", "--sink", "postgres:"];

/// The rows of telemetry, minutes and positions by tenant or pipeline.
const COUNTS: &str = "
    SELECT string_agg(line, ', ' ORDER BY line) FROM (
        SELECT 'telemetry ' || tenant || ' ' || count(*) AS line FROM fleet.telemetry GROUP BY tenant
        UNION ALL SELECT 'readings ' || tenant || ' ' || sum(readings) FROM fleet.minutes GROUP BY tenant
        UNION ALL SELECT 'position of ' || pipeline FROM fleet_stream.positions) AS lines";

#[tokio::test]
async fn a_refused_command_changes_nothing_and_fresh_begins_again() {
    let Some(demo) = Demo::new("fresh").await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rides.ndjson").display().to_string();
    std::fs::write(&file, rides("van-1")).unwrap();
    let run = |more: &[&str]| {
        let words = [&["replay", &file][..], &REPLAY, more].concat();
        demo.command(&words).output().unwrap()
    };
    let refused = run(&["--window", "2m"]);
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(
        demo.text("SELECT to_regnamespace('fleet')::text").await,
        None
    );

    assert!(run(&[]).status.success());
    let counts = demo.text(COUNTS).await;
    assert_eq!(
        counts.as_deref(),
        Some("position of replay, readings demo 30, telemetry demo 30")
    );
    let refused = run(&["--window", "2m", "--fresh"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("leave --window out"));
    assert_eq!(demo.text(COUNTS).await, counts);
    // A fresh start leaves nothing behind, and reads everything again.
    assert!(run(&["--fresh"]).status.success());
    assert_eq!(demo.text(COUNTS).await, counts);
    demo.remove().await;
}

#[tokio::test]
async fn a_login_writes_for_its_own_tenant_or_not_at_all() {
    let Some(demo) = Demo::new("tenants").await else {
        return;
    };
    demo.replay("rides.ndjson", &rides("van-1"));
    let login = demo.login("north", "fleet_ingest").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rides.ndjson").display().to_string();
    std::fs::write(&file, rides("truck-1")).unwrap();
    let run = |more: &[&str]| {
        let words = [&["replay", &file][..], &REPLAY, more].concat();
        let mut command = demo.command(&words);
        command.env("FLEET_POSTGRES_URL", &login.url);
        command.output().unwrap()
    };
    let refused = run(&[]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("this login names no tenant"));
    let before = demo.text(COUNTS).await;
    assert_eq!(
        before.as_deref(),
        Some("position of replay, readings demo 30, telemetry demo 30")
    );

    demo.execute_inside("INSERT INTO fleet.customers (tenant, name) VALUES ('north', 'North')")
        .await;
    demo.execute(&format!(
        "ALTER ROLE {} SET fleet.tenants = '{{north}}'",
        login.name
    ))
    .await;
    for _ in 0..2 {
        assert!(run(&[]).status.success());
    }
    let both = "position of north/replay, position of replay, readings demo 30, readings north 30, \
                telemetry demo 30, telemetry north 30";
    assert_eq!(demo.text(COUNTS).await.as_deref(), Some(both));
    assert_eq!(run(&["--fresh"]).status.code(), Some(2));
    assert_eq!(demo.text(COUNTS).await.as_deref(), Some(both));
    demo.remove().await;
}
