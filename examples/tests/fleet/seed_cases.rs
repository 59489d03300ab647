//! The cases of the VehicleOps description, from JSON to a stored alert.

use std::{fs, path::Path};

use serde_json::json;

use super::support::{dump, report};

fn replay(file: &Path, db: &Path, more: &[&str]) -> serde_json::Value {
    let sink = format!("sqlite:{}", db.display());
    let words = [
        "replay",
        file.to_str().unwrap(),
        "--dialect",
        "vehicleops",
        "--sink",
        &sink,
    ];
    report(&[&words[..], more].concat())
}

#[test]
fn each_case_opens_what_it_says_and_nothing_else() {
    let cases = [
        ((92.5, 80.0, 70.0), json!({"OVERSPEED": 1})),
        ((30.0, 12.0, 70.0), json!({"TRACTION_SOC_LOW": 1})),
        ((45.0, 70.0, 108.0), json!({"ENGINE_OVERHEAT": 1})),
        ((42.0, 85.0, 72.0), json!({})),
        ((80.0, 15.0, 100.0), json!({})),
    ];
    for ((speed, battery, engine), alerts) in cases {
        let scratch = tempfile::tempdir().unwrap();
        let file = scratch.path().join("case.ndjson");
        let line = json!({
            "vehicle_id": "fleet-001-VH-001", "fleet_id": "fleet-001", "speed_kmh": speed,
            "battery_pct": battery, "engine_temp_c": engine, "status": "MOVING",
            "timestamp": "2024-01-01T10:00:00Z",
        });
        fs::write(&file, line.to_string()).unwrap();
        let db = scratch.path().join("fleet.db");
        let report = replay(&file, &db, &[]);
        assert_eq!(report["alerts"], alerts, "{speed} {battery} {engine}");
        if alerts == json!({"TRACTION_SOC_LOW": 1}) {
            let row = &dump(&db)["alerts"][0];
            assert!(
                row.contains("|TRACTION_SOC_LOW|MEDIUM|traction-soc-low|12.0|15.0|"),
                "{row}"
            );
        }
    }
}

#[test]
fn every_counts_each_offending_event_and_edge_each_opening() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("rides.ndjson");
    let line = |(speed, second): (f64, u32)| {
        let at = format!("2024-01-01T10:00:{second:02}Z");
        json!({"vehicle_id": "a", "speed_kmh": speed, "timestamp": at}).to_string()
    };
    let lines: Vec<_> = [85.0, 86.0, 70.0, 90.0]
        .into_iter()
        .zip(0..)
        .map(line)
        .collect();
    let lines = lines.join("\n");
    fs::write(&file, lines).unwrap();
    let edge = replay(&file, &scratch.path().join("edge.db"), &[]);
    let every = replay(
        &file,
        &scratch.path().join("every.db"),
        &["--mode", "every"],
    );
    assert_eq!(
        (&edge["alerts"]["OVERSPEED"], &every["alerts"]["OVERSPEED"]),
        (&2.into(), &3.into())
    );
}
