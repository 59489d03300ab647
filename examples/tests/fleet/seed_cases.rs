//! The cases of the VehicleOps description, from JSON to a stored alert.

use serde_json::{Value, json};

use super::support::{Scratch, dump, report, ride};

fn replay(scratch: &Scratch, lines: &str, mode: &str) -> Value {
    let (file, sink) = (scratch.file("case.ndjson", lines), scratch.sink());
    report(&[
        "replay",
        &file,
        "--dialect",
        "vehicleops",
        "--sink",
        &sink,
        "--mode",
        mode,
    ])
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
        let line = json!({
            "vehicle_id": "fleet-001-VH-001", "fleet_id": "fleet-001", "speed_kmh": speed,
            "battery_pct": battery, "engine_temp_c": engine, "status": "MOVING",
            "timestamp": "2024-01-01T10:00:00Z",
        });
        let scratch = Scratch::new();
        let report = replay(&scratch, &line.to_string(), "edge");
        assert_eq!(report["alerts"], alerts, "{speed} {battery} {engine}");
        if alerts == json!({"TRACTION_SOC_LOW": 1}) {
            let row = &dump(&scratch.db())["alerts"][0];
            assert!(
                row.contains("|TRACTION_SOC_LOW|MEDIUM|traction-soc-low|12.0|15.0|"),
                "{row}"
            );
        }
    }
}

#[test]
fn every_counts_each_offending_event_and_edge_each_opening() {
    let lines: String = (0..)
        .zip([85.0, 86.0, 70.0, 90.0])
        .map(|(s, v)| ride(s, v))
        .collect();
    let openings = |mode| replay(&Scratch::new(), &lines, mode)["alerts"]["OVERSPEED"].clone();
    assert_eq!((openings("edge"), openings("every")), (2.into(), 3.into()));
}
