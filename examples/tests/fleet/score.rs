//! Profiles, detectors and plots of `score`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::{Scratch, fleet, map, recordings, run};

/// The profiles of the command line.
const PROFILES: [&str; 5] = [
    "seed-fleetflow",
    "seed-fleetflow-v2",
    "per100km",
    "samsara-2016",
    "geotab",
];

fn scored(words: &[&str]) -> Value {
    let output = run(&[&["score"], words, &["--report", "json"]].concat());
    serde_json::from_slice(&output.stdout).expect("one JSON object, nothing else")
}

/// Eleven minutes at 10 Hz: a firm brake, a harsh one, a harsh corner; the rest is steady.
fn drive(scratch: &Scratch, noon: u32) -> [String; 2] {
    let mut rows = "car,t,v,gx,gy\n".to_owned();
    let (mut kmh, day) = (72.0_f64, 1_700_006_400);
    for tenth in 0..6600 {
        let (gx, gy) = match tenth {
            1000..1020 => (-0.22, 0.0),
            2000..2025 => (-0.5, 0.0),
            3000..3030 => (0.0, 0.5),
            4000..4200 => (0.072, 0.0),
            _ => (0.0, 0.0),
        };
        kmh += gx * 9.806_65 * 3.6 / 10.0;
        let at = f64::from(day + noon * 3600) + f64::from(tenth) / 10.0;
        writeln!(rows, "a,{at:.1},{kmh:.3},{gx},{gy}").unwrap();
    }
    let map = "key: { column: car }\ntime: { column: t, format: epoch_s }\ncolumns:\n  v: { \
               signal: speed, unit: km/h }\n  gx: { signal: accel_longitudinal, unit: g }\n  \
               gy: { signal: accel_lateral, unit: g }\n";
    [
        scratch.file("drive.csv", rows),
        scratch.file("map.yaml", map),
    ]
}

fn kinds(trip: &Value) -> Vec<&str> {
    let events = trip["events"].as_array().unwrap().iter();
    events
        .map(|event| event["kind"].as_str().unwrap())
        .collect()
}

#[test]
fn every_profile_goes_with_every_detector_and_its_points_add_up() {
    let scratch = Scratch::new();
    let [data, map] = drive(&scratch, 12);
    for detector in ["seed", "threshold:0.35", "production"] {
        for profile in PROFILES {
            let words = [&*data, "--dialect", "csv", "--map", &map];
            let more = ["--profile", profile, "--detector", detector];
            let report = scored(&[&words[..], &more].concat());
            let trip = &report["trips"][0];
            let lost = trip["components"].as_array().unwrap().iter();
            let lost: f64 = lost.map(|line| line["points_lost"].as_f64().unwrap()).sum();
            let score = trip["score"].as_f64().unwrap();
            // The components of samples alone may cost more than there is.
            let by_sample = profile == "seed-fleetflow" && detector == "seed";
            let left = if by_sample { lost.min(100.0) } else { lost };
            assert!(
                (score + left - 100.0).abs() < 1e-12,
                "{profile} {detector} {trip}"
            );
            assert!(score < 100.0, "{profile} {detector}");
            assert_eq!(trip["samples"], 6600);
            assert!(trip["distance_km"].as_f64().unwrap() > 5.0);
        }
    }
}

#[test]
fn the_production_detector_lists_harsh_and_firm_events_with_their_points() {
    let scratch = Scratch::new();
    let [data, map] = drive(&scratch, 12);
    let words = [&*data, "--dialect", "csv", "--map", &map];
    let more = ["--profile", "per100km", "--detector", "production"];
    let report = scored(&[&words[..], &more].concat());
    let trip = &report["trips"][0];
    assert_eq!(kinds(trip), ["FIRM_BRAKE", "HARSH_BRAKE", "HARSH_CORNER"]);
    let brake = &trip["events"][1];
    assert!((brake["start_s"].as_f64().unwrap() - 200.0).abs() < 0.5);
    assert!((brake["peak_g"].as_f64().unwrap() + 0.5).abs() < 0.02);
    let braking = &trip["components"][0];
    assert_eq!(braking["name"], "harsh_braking");
    assert_eq!(
        braking["events"][0]["id"], brake["id"],
        "a point names its event"
    );
    let limits = &trip["interval"];
    assert!(limits["low"].as_f64() < trip["score"].as_f64());
    assert_eq!(trip["unavailable"], json!([]));
    // What is harsh in a bus need not be in a car.
    let bus = ["--detector", "production", "--class", "bus"];
    let bus = scored(&[&words[..], &bus].concat());
    assert_eq!(kinds(&bus["trips"][0])[0], "HARSH_BRAKE");
}

#[test]
fn the_second_version_of_fleetflow_charges_half_more_at_night() {
    let scratch = Scratch::new();
    let score = |hour| {
        let [data, map] = drive(&scratch, hour);
        let words = [&*data, "--dialect", "csv", "--map", &map];
        let report = scored(&[&words[..], &["--profile", "seed-fleetflow-v2"]].concat());
        report["trips"][0]["score"].clone()
    };
    // One run of braking and one of cornering: 2 points each, and 3 at night.
    assert_eq!((score(12), score(22)), (json!(96), json!(94)));
}

#[test]
fn samples_without_times_are_counted_in_runs_and_the_rest_is_unavailable() {
    let request = json!({
        "vehicle_id": "v", "driver_id": "d", "timestamp": "2024-01-01T12:00:00Z",
        "data": [{"g_force_long": -0.5}, {"g_force_long": -0.6}, {"g_force_long": 0.0},
                 {"g_force_long": -0.5}],
    });
    let scratch = Scratch::new();
    let file = scratch.file("trips.ndjson", request.to_string());
    let words = [&*file, "--dialect", "fleetflow"];
    let runs = scored(&[&words[..], &["--profile", "seed-fleetflow-v2"]].concat());
    let trip = &runs["trips"][0];
    assert_eq!((&trip["score"], &trip["events"]), (&json!(96), &json!([])));
    let more = ["--profile", "per100km", "--detector", "production"];
    let report = scored(&[&words[..], &more].concat());
    let trip = &report["trips"][0];
    assert_eq!(trip["score"], Value::Null);
    assert!(trip["insufficient"].is_string());
    assert_eq!(trip["unavailable"][0]["what"], "events");
    let more = ["--detector", "threshold:0.35", "--penalty", "10"];
    let report = scored(&[&words[..], &more].concat());
    let trip = &report["trips"][0];
    assert_eq!(
        (&trip["score"], &trip["beyond"]["samples"]),
        (&json!(70), &json!(3))
    );
}

#[test]
fn a_trip_without_acceleration_or_speed_has_no_score_by_any_profile() {
    let scratch = Scratch::new();
    let map = "key: { column: car }\ntime: { column: t, format: epoch_s }\ncolumns:\n  h: { \
               signal: heading }\n";
    let map = scratch.file("map.yaml", map);
    let data = scratch.file("drive.csv", "car,t,h\na,1700000000,5\na,1700000001,6\n");
    for detector in ["seed", "threshold:0.35", "production"] {
        for profile in PROFILES {
            let words = [&*data, "--dialect", "csv", "--map", &map];
            let more = ["--profile", profile, "--detector", detector];
            let report = scored(&[&words[..], &more].concat());
            let trip = &report["trips"][0];
            assert_eq!(trip["score"], Value::Null, "{profile} {detector}");
            assert!(trip["insufficient"].is_string(), "{profile} {detector}");
        }
    }
}

#[test]
fn the_plot_shows_the_signals_and_the_events_of_the_trips() {
    let scratch = Scratch::new();
    let [data, map] = drive(&scratch, 12);
    let svg = scratch.at("plot.svg");
    let words = ["score", &data, "--dialect", "csv", "--map", &map];
    let plot = ["--detector", "production", "--plot", svg.to_str().unwrap()];
    run(&[&words[..], &plot].concat());
    let drawn = std::fs::read_to_string(&svg).unwrap();
    for text in [
        "longitudinal",
        "lateral",
        "speed",
        "HARSH_BRAKE",
        "HARSH_CORNER",
        "FIRM_BRAKE",
    ] {
        assert!(drawn.contains(text), "{text}");
    }
    assert!(!drawn.contains("RAPID_ACCEL"));
    let plot = ["--plot", "no/such/folder/plot.svg"];
    let failed = fleet(&[&words[..], &plot].concat()).output().unwrap();
    let error = String::from_utf8(failed.stderr).unwrap();
    assert_eq!(failed.status.code(), Some(1));
    assert!(
        error.contains("cannot write the plot no/such/folder/plot.svg"),
        "{error}"
    );
}

#[test]
fn a_limit_finds_the_events_that_the_recorder_of_the_drives_marked() {
    let Some(folder) = recordings("nds") else {
        return;
    };
    let (file, map) = (folder.join("nds_dev.csv"), map("nds.yaml"));
    let words = [file.to_str().unwrap(), "--dialect", "csv", "--map", &map];
    let report = scored(&[&words[..], &["--detector", "threshold:0.35"]].concat());
    let all = &report["beyond"];
    assert_eq!(
        [&all["samples"], &all["events"], &all["lateral"]],
        [&json!(70), &json!(62), &json!(45)]
    );
    let trips = report["trips"].as_array().unwrap().iter();
    assert_eq!(trips.map(|trip| kinds(trip).len()).sum::<usize>(), 62);
    let one = [&words[..], &["--trip", "nds-10"]].concat();
    assert_eq!(scored(&one)["trips"].as_array().unwrap().len(), 1);
}
