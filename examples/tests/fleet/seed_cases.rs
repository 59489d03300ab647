//! The worked examples of the supported systems, from JSON to a stored alert or score.

use serde_json::{Value, json};

use super::support::{Scratch, dump, report, ride, run};

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
fn each_case_opens_its_alerts_and_no_other() {
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

/// The request body of the FleetFlow description: two samples, one of them braking at 0.5 g.
#[test]
fn the_request_of_the_fleetflow_description_scores_95() {
    let request = json!({
        "vehicle_id": "550e8400-e29b-41d4-a716-446655440000",
        "driver_id": "660e8400-e29b-41d4-a716-446655440000",
        "timestamp": "2024-01-01T12:00:00Z",
        "data": [
            {"speed_kmh": 60.0, "g_force_long": 0.1, "g_force_lat": 0.0},
            {"speed_kmh": 40.0, "g_force_long": -0.5, "g_force_lat": 0.1},
        ],
    });
    let scratch = Scratch::new();
    let file = scratch.file("trips.ndjson", request.to_string());
    let words = [
        "score",
        &file,
        "--dialect",
        "fleetflow",
        "--penalty",
        "5",
        "--report",
        "json",
    ];
    let report: Value = serde_json::from_slice(&run(&words).stdout).unwrap();
    let trip = &report["trips"][0];
    assert_eq!((&trip["score"], &trip["samples"]), (&95.into(), &2.into()));
    let quantity = |index: usize| trip["components"][index]["quantity"].clone();
    assert_eq!((quantity(0), quantity(1)), (json!(1.0), json!(0.0)));
}

/// As in a pipeline: a request that was sent twice, and a sample that was written twice.
#[test]
fn repeated_requests_and_samples_are_scored_once() {
    let request = |second: u32| {
        let at = format!("2024-01-01T12:00:{second:02}Z");
        let data = json!([{"speed_kmh": 40.0, "g_force_long": -0.5}]);
        json!({"vehicle_id": "v", "driver_id": "d", "timestamp": at, "data": data}).to_string()
    };
    let scratch = Scratch::new();
    let requests = [request(0), request(1), request(0)].join("\n");
    let requests = scratch.file("trips.ndjson", requests);
    let map = "kind: telemetry\nkey: { constant: car-1 }\ntime: { column: t, format: epoch_s }\n\
               columns:\n  a: { signal: accel_longitudinal, unit: g }\n";
    let map = scratch.file("map.yaml", map);
    let samples = "t,a\n1700000001,-0.5\n1700000000,0.1\n1700000001,-0.5\n1700000001,-0.6\n";
    let samples = scratch.file("samples.csv", samples);
    let trips = |words: &[&str]| {
        let output = run(&[words, &["--report", "json"]].concat());
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        report["trips"].as_array().unwrap().clone()
    };
    assert_eq!(
        trips(&["score", &requests, "--dialect", "fleetflow"]).len(),
        2
    );
    let found = trips(&["score", &samples, "--dialect", "csv", "--map", &map]);
    assert_eq!(
        (&found[0]["samples"], &found[0]["score"]),
        (&3.into(), &90.into())
    );
}

/// The short form of FleetFlow's samples, from its table: samples have times, so events do too.
#[test]
fn samples_of_the_short_form_are_scored_with_their_times() {
    let request = json!({
        "vehicle_id": "v", "driver_id": "d", "timestamp": "2024-01-01T12:00:00Z",
        "telemetry_data": [
            {"t": 1200, "spd": 85, "gx": 0.5},
            {"t": 1300, "spd": 84, "gx": -0.41},
            {"t": 1400, "spd": 80, "gx": -0.7},
            {"t": 1500, "spd": 80, "gx": -0.4},
        ],
    });
    let scratch = Scratch::new();
    let file = scratch.file("trips.ndjson", request.to_string());
    let words = ["score", &file, "--dialect", "fleetflow", "--penalty", "2.5"];
    let output = run(&[&words[..], &["--report", "json"]].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let trip = &report["trips"][0];
    // 100 - 3 * 2.5 = 92.5, to the nearest whole number.
    assert_eq!(
        (&trip["score"], &trip["driver_id"]),
        (&93.into(), &"d".into())
    );
    assert_eq!(trip["duration_s"], 0.3);
    let events = trip["events"].as_array().unwrap();
    assert_eq!(events.len(), 2);
    assert_eq!(
        events[1],
        json!({"kind": "HARSH_BRAKE", "start_s": 0.1, "end_s": 0.2, "peak_g": -0.7, "severity": "HIGH"})
    );
}
