//! Errors about arguments, files and maps: they say what is wrong, where, and what to do.

use std::fs;

use super::support::{Scratch, fleet, run};

/// Runs a command that must fail with this exit code, and returns its error message.
fn refused(args: &[&str], code: i32) -> String {
    let output = fleet(args).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {error}");
    assert!(
        !error.contains("panicked") && output.stdout.is_empty(),
        "{args:?}: {error}"
    );
    error
}

#[test]
fn wrong_arguments_exit_with_2_and_name_the_right_ones() {
    assert!(
        refused(
            &[
                "replay",
                "x",
                "--dialect",
                "vehicleops",
                "--sink",
                "mongo:x"
            ],
            2
        )
        .contains("sqlite:PATH")
    );
    assert!(refused(&["demo", "--duration", "soon"], 2).contains("10m"));
    assert!(refused(&["demo", "--area", "paris"], 2).contains("bogota"));
    assert!(
        refused(&["replay", "no-such-file", "--dialect", "native"], 2).contains("no-such-file")
    );
    assert!(
        refused(
            &["replay", "x", "--dialect", "native", "--rules", "preset:x"],
            2
        )
        .contains('x')
    );
    assert!(refused(&["report", "--db", "no-such.db"], 2).contains("no-such.db"));
    assert!(refused(&["fly"], 2).contains("Usage"));
}

#[test]
fn a_wrong_map_is_refused_with_its_file_line_and_column() {
    let scratch = Scratch::new();
    let (data, map) = (scratch.at("drives.csv"), scratch.at("map.yaml"));
    fs::write(&data, "car,at,v\na,0,1\n").unwrap();
    let good = "key: { column: car }\ntime: { column: at, format: epoch_s }\ncolumns:\n  v: { signal: speed, unit: mph }\n";
    let words = [
        "replay",
        data.to_str().unwrap(),
        "--dialect",
        "csv",
        "--sink",
        "null",
    ];
    let with_map = |text: &str| {
        fs::write(&map, text).unwrap();
        [&words[..], &["--map", map.to_str().unwrap()]]
            .concat()
            .iter()
            .map(|w| (*w).to_owned())
            .collect::<Vec<_>>()
    };
    let strs = |words: &[String]| words.to_vec();
    let run_words = strs(&with_map(good));
    run(&run_words.iter().map(String::as_str).collect::<Vec<_>>());
    let wrong = [
        (good.replace("  v:", "  speed:"), "drives.csv"),
        (good.replace("speed, unit", "velocity, unit"), "velocity"),
        (good.replace("mph", "knots"), "knots"),
        (good.replace("epoch_s", "epoch"), "epoch"),
        (good.replace("key: { column: car }\n", ""), "key"),
    ];
    for (text, word) in wrong {
        let words = with_map(&text);
        let error = refused(&words.iter().map(String::as_str).collect::<Vec<_>>(), 2);
        assert!(
            error.contains(word) && error.contains("map.yaml"),
            "{error}"
        );
        println!("{error}");
    }
    assert!(refused(&words, 2).contains("--map"));
}

#[test]
fn inputs_that_cannot_be_scored_are_refused_with_a_remedy() {
    let scratch = Scratch::new();
    let request =
        r#"{"vehicle_id":"v","driver_id":"d","timestamp":"2024-01-01T12:00:00Z","data":[]}"#;
    let trips = scratch.file("trips.ndjson", request);
    let score = |more: &[&str]| {
        let words = ["score", &trips, "--dialect", "fleetflow"];
        refused(&[&words[..], more].concat(), 2)
    };
    for (words, message) in [
        (
            ["--penalty", "-1"],
            "`-1` is no number of points: give 0 or more",
        ),
        (["--penalty", "NaN"], "`NaN` is no number of points"),
        (["--penalty", "much"], "`much` is no number of points"),
        (
            ["--rate", "0"],
            "`0` is no rate: give samples a second above 0",
        ),
        (["--rate", "-5"], "`-5` is no rate"),
        (
            ["--profile", "azuga"],
            "possible values: seed-fleetflow, seed-fleetflow-v2, per100km, samsara-2016, geotab",
        ),
        (
            ["--detector", "mine"],
            "there is no detector `mine`: use seed, production or threshold:G",
        ),
        (
            ["--detector", "threshold"],
            "the level is missing: write it like threshold:0.35",
        ),
        (
            ["--detector", "threshold:-1"],
            "`-1` is no level: give g above 0",
        ),
        (
            ["--class", "tram"],
            "there is no class `tram`: use passenger, van, heavy or bus",
        ),
        (
            ["--class", "bus"],
            "--class goes with --detector production",
        ),
        (["--trip", "x"], "no trip is called `x` in 1 records"),
        (
            ["--plot", "x.svg"],
            "--plot needs times, and the samples of d have neither",
        ),
        (["--map", "map.yaml"], "--map goes with --dialect csv"),
    ] {
        let error = score(&words);
        assert!(error.contains(message), "{error}");
    }
    let words = [
        "score",
        &trips,
        "--dialect",
        "fleetflow",
        "--profile",
        "geotab",
    ];
    let error = refused(&[&words[..], &["--penalty", "3"]].concat(), 2);
    assert!(
        error.contains("--penalty goes with --profile seed-fleetflow"),
        "{error}"
    );
    let data = scratch.file("drives.csv", "car,at,what,g\na,0,x,0.5\n");
    let csv = |map: &str, code| {
        let map = scratch.file("map.yaml", map);
        refused(&["score", &data, "--dialect", "csv", "--map", &map], code)
    };
    let head = "key: { column: car }\ntime: { column: at, format: epoch_s }\n";
    let error = csv(
        &format!("{head}columns: {{ gx: {{ signal: accel_longitudinal }} }}\n"),
        2,
    );
    let place = "map.yaml:3:12: ";
    assert!(
        error.contains(place) && error.contains("has no column `gx`: it has car, at, what, g"),
        "{error}"
    );
    let driving = "kind: driving\nevent_type: hard_brake\ncolumns: { what: { signal: detail } }\n";
    let error = csv(&format!("{head}{driving}"), 2);
    assert!(error.contains("1 records are no telemetry"), "{error}");
}

#[test]
fn an_empty_input_has_no_trips_and_a_bad_record_has_an_offset() {
    let scratch = Scratch::new();
    let score = |text: &str| {
        let file = scratch.file("trips.ndjson", text);
        let output = run(&["score", &file, "--dialect", "fleetflow"]);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(output.stderr))
    };
    assert_eq!(score(""), ("no trips in 0 records\n".into(), String::new()));
    let good = r#"{"vehicle_id":"v","driver_id":"d","timestamp":"2024-01-01T12:00:00Z","data":[{"g_force_long":-0.5}]}"#;
    let bad = r#"{"vehicle_id":"v","timestamp":"2024-01-01T12:00:00Z","data":[]}"#;
    let (trips, errors) = score(&format!("{good}\n{bad}\n"));
    assert_eq!(
        trips,
        format!(
            "{:<16}  95  1 samples, harsh_braking 1, rapid_accel 0\n",
            "d"
        )
    );
    let place = format!(
        "fleet: 1 of 2 records could not be read; the first, at byte {}: ",
        good.len() + 1
    );
    assert!(
        errors.starts_with(&place) && errors.contains("driver_id"),
        "{errors}"
    );
}

#[test]
fn the_graph_is_mermaid() {
    let graph = String::from_utf8(run(&["graph"]).stdout).unwrap();
    assert!(
        graph.starts_with("flowchart LR\n") && graph.contains("rules"),
        "{graph}"
    );
}
