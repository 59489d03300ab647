//! Threshold rules in a running pipeline: the cases of the VehicleOps description, edges and ids.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panic, as tests do"
)]

use fleet_core::{
    EventTime, Graph, MemoryStore, Order, Pipeline, VehicleId,
    decode::Typed,
    event::{AlertKind, Reading, Severity, Signal, Telemetry},
    testing::Scripted,
    units::{Percent, Speed, Temperature},
};
use fleet_rules::{Condition, Mode, Rules, Threshold, preset};

fn reading(second: i64, speed: f64, battery: f64, engine: f64) -> Telemetry {
    let at = EventTime::from_micros(1_700_000_000_000_000 + second * 1_000_000);
    Telemetry::new(VehicleId::new("fleet-001-VH-001").unwrap(), at)
        .with_speed(Speed::from_kmh(speed))
        .with_battery_charge(Percent::from_percent(battery))
        .with_engine_temperature(Temperature::from_celsius(engine))
}

/// The alerts as text, in the order of their time.
async fn alerts(rules: Rules, rows: Vec<Telemetry>) -> Vec<String> {
    let (mut graph, telemetry) = Graph::new();
    let alerts = graph.apply("rules", telemetry, rules);
    let short = graph.map("short", alerts, |alert| {
        (
            alert.kind.as_word(),
            alert.value,
            alert.severity.as_word(),
            alert.id.to_string(),
        )
    });
    let store = MemoryStore::default();
    let source = Scripted::of_rows("memory", rows);
    Pipeline::exactly_once(
        source,
        Typed::default(),
        Order::default(),
        graph,
        store.clone(),
    )
    .store("alerts", short, store.table("alerts"))
    .run()
    .await
    .unwrap();
    store.rows().remove("alerts").unwrap_or_default()
}

async fn kinds(rules: Rules, rows: Vec<Telemetry>) -> Vec<String> {
    let alerts = alerts(rules, rows).await;
    alerts
        .iter()
        .map(|alert| alert.split('"').nth(1).unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn the_cases_of_the_vehicleops_description_open_what_they_say() {
    let open = |row| kinds(preset::vehicleops(Mode::Edge), vec![row]);
    assert_eq!(open(reading(0, 92.5, 80.0, 70.0)).await, ["OVERSPEED"]);
    assert_eq!(
        open(reading(0, 30.0, 12.0, 70.0)).await,
        ["TRACTION_SOC_LOW"]
    );
    assert_eq!(
        open(reading(0, 45.0, 70.0, 108.0)).await,
        ["ENGINE_OVERHEAT"]
    );
    assert!(open(reading(0, 42.0, 85.0, 72.0)).await.is_empty());
    assert!(open(reading(0, 80.0, 15.0, 100.0)).await.is_empty());
    let battery = alerts(
        preset::vehicleops(Mode::Edge),
        vec![reading(0, 30.0, 12.0, 70.0)],
    )
    .await;
    assert!(
        battery[0].contains("\"TRACTION_SOC_LOW\", Some(12.0)"),
        "{battery:?}"
    );
}

#[tokio::test]
async fn edge_opens_once_until_the_condition_is_false_and_every_opens_each_time() {
    let speeds = [81.0, 90.0, 80.0, 85.0, 86.0];
    let rows = || {
        speeds
            .iter()
            .zip(0..)
            .map(|(v, s)| reading(s, *v, 50.0, 70.0))
            .collect()
    };
    assert_eq!(kinds(preset::vehicleops(Mode::Edge), rows()).await.len(), 2);
    assert_eq!(
        kinds(preset::vehicleops(Mode::Every), rows()).await.len(),
        4
    );
}

#[tokio::test]
async fn a_missing_or_null_reading_holds_what_was() {
    let mut missing = reading(1, 0.0, 50.0, 70.0);
    missing.set(Signal::Speed, Reading::missing());
    let mut null = reading(2, 0.0, 50.0, 70.0);
    null.set(Signal::Speed, Reading::null());
    let rows = vec![
        reading(0, 90.0, 50.0, 70.0),
        missing,
        null,
        reading(3, 90.0, 50.0, 70.0),
    ];
    assert_eq!(kinds(preset::vehicleops(Mode::Edge), rows).await.len(), 1);
}

#[tokio::test]
async fn alerts_of_one_time_have_different_ids_and_the_same_ones_in_every_run() {
    let rows = || vec![reading(0, 90.0, 10.0, 105.0), reading(0, 91.0, 9.0, 106.0)];
    let first = alerts(preset::vehicleops(Mode::Every), rows()).await;
    let ids: std::collections::BTreeSet<_> = first.iter().collect();
    assert_eq!((first.len(), ids.len()), (6, 6));
    let mut turned = rows();
    turned.reverse();
    assert_eq!(alerts(preset::vehicleops(Mode::Every), turned).await, first);
}

#[test]
fn rules_that_cannot_be_told_apart_or_compared_are_refused() {
    let rule = Threshold {
        rule: "hot",
        kind: AlertKind::EngineOverheat,
        severity: Severity::High,
        condition: Condition::Above(Signal::EngineTemperature, f64::NAN),
        flag: None,
    };
    let error = Rules::new([rule], Mode::Edge).unwrap_err().to_string();
    assert!(error.contains("finite"), "{error}");
    let rule = Threshold {
        condition: Condition::Above(Signal::EngineTemperature, 1.0),
        ..rule
    };
    assert!(
        Rules::new([rule, rule], Mode::Edge)
            .unwrap_err()
            .to_string()
            .contains("two rules")
    );
    assert!("always".parse::<Mode>().is_err());
}
