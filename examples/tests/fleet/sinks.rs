//! One job into every sink, second runs, growing inputs and replayed dead letters.

use std::{fs, path::Path};

use xtask::skip::skip_test;

use super::support::{Scratch, dump, fleet, report, ride, run};

const JOB: [&str; 5] = ["demo", "--vehicles", "5", "--duration", "3m"];

fn demo(sink: &str) -> serde_json::Value {
    report(&[&JOB[..], &["--sink", sink]].concat())
}

fn lines(file: &Path) -> usize {
    fs::read_to_string(file).unwrap().lines().count()
}

#[test]
fn every_sink_takes_the_same_rows_and_a_second_run_adds_none() {
    let scratch = Scratch::new();
    let at = |name: &str| scratch.at(name);
    let sinks = ["sqlite", "ndjson", "csv"].map(|kind| format!("{kind}:{}", at(kind).display()));
    let mut reports: Vec<_> = sinks
        .iter()
        .chain(&sinks)
        .map(|sink| demo(sink))
        .chain([demo("null")])
        .collect();
    for report in &mut reports {
        for of_this_run in ["elapsed_s", "events_per_s"] {
            report.as_object_mut().unwrap().remove(of_this_run);
        }
    }
    assert!(
        reports.windows(2).all(|pair| pair[0] == pair[1]),
        "{reports:#?}"
    );
    let tables = dump(&at("sqlite"));
    for table in [
        "telemetry",
        "perception",
        "alerts",
        "windows",
        "self_driving",
        "trips",
    ] {
        let rows = tables[table].len();
        assert_eq!(
            lines(&at("ndjson").join(format!("{table}.ndjson"))),
            rows,
            "{table}"
        );
        // The first line names the columns.
        assert_eq!(
            lines(&at("csv").join(format!("{table}.csv"))),
            rows + 1,
            "{table}"
        );
    }
    let again = run(&[&JOB[..], &["--sink", &sinks[0]]].concat());
    assert!(String::from_utf8_lossy(&again.stdout).contains("complete already"));
}

#[test]
fn the_rows_of_files_are_read_again_as_native_events() {
    let scratch = Scratch::new();
    let at = |name: &str| scratch.at(name);
    demo(&format!("ndjson:{}", at("first").display()));
    let tables = ["telemetry", "perception", "driving"];
    let file = |folder: &str, table: &str| at(folder).join(format!("{table}.ndjson"));
    let inputs = tables.map(|table| file("first", table).display().to_string());
    let mut words = vec!["replay"];
    words.extend(inputs.iter().map(String::as_str));
    // The files follow each other, so the events of the second are older than the last of the
    // first.
    words.extend(["--dialect", "native", "--out-of-orderness", "5m"]);
    let sink = format!("ndjson:{}", at("second").display());
    words.extend(["--sink", &sink]);
    let report = report(&words);
    assert_eq!(report["accepted"], report["read"]);
    for table in tables {
        let sorted = |folder: &str| {
            let text = fs::read_to_string(file(folder, table)).unwrap();
            let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
            lines.sort_unstable();
            lines
        };
        let (first, second) = (sorted("first"), sorted("second"));
        assert!(!first.is_empty() && first == second, "{table}");
    }
    // Results are no events.
    let alerts = file("first", "alerts").display().to_string();
    let words = ["replay", &alerts, "--dialect", "native", "--sink", "null"];
    let refused = super::support::report(&words);
    assert_eq!(refused["dead_lettered"], refused["read"]);
}

#[test]
fn an_input_that_grew_after_its_end_is_refused_and_read_afresh_on_request() {
    let scratch = Scratch::new();
    let (file, sink) = (
        scratch.file("rides.ndjson", ride(0, 50) + &ride(1, 50)),
        scratch.sink(),
    );
    let words = ["replay", &file, "--dialect", "vehicleops", "--sink", &sink];
    run(&words);
    scratch.file("rides.ndjson", ride(0, 50) + &ride(1, 50) + &ride(2, 50));
    let refused = fleet(&words).output().unwrap();
    let error = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{error}");
    assert!(
        error.contains("rides.ndjson") && error.contains("--fresh"),
        "{error}"
    );
    assert_eq!(report(&[&words[..], &["--fresh"]].concat())["accepted"], 3);
    assert_eq!(dump(&scratch.db())["telemetry"].len(), 3);
}

#[test]
fn gzip_and_plain_inputs_are_one_input() {
    let scratch = Scratch::new();
    let plain = scratch.file("plain.ndjson", ride(0, 50));
    let packed = std::process::Command::new("gzip")
        .args(["-k", &plain])
        .status();
    if !packed.is_ok_and(|status| status.success()) {
        return skip_test("gzip is not installed");
    }
    let packed = plain.clone() + ".gz";
    let words = [
        "replay",
        &plain,
        &packed,
        "--dialect",
        "vehicleops",
        "--sink",
        "null",
    ];
    let report = report(&words);
    assert_eq!(
        (&report["read"], &report["duplicate"]),
        (&2.into(), &1.into())
    );
}

#[test]
fn dead_letters_can_be_mended_and_replayed_into_the_same_database() {
    let scratch = Scratch::new();
    let (db, sink) = (scratch.db().to_str().unwrap().to_owned(), scratch.sink());
    let replay = |file: &str| run(&["replay", file, "--dialect", "vehicleops", "--sink", &sink]);
    replay(&scratch.file("rides.ndjson", ride(0, 50) + &ride(1, "\"fifty\"")));
    let dead = String::from_utf8(run(&["dead-letters", "--db", &db]).stdout).unwrap();
    replay(&scratch.file("mended.ndjson", dead.replace("\"fifty\"", "51")));
    assert_eq!(dump(&scratch.db())["telemetry"].len(), 2);
    let reasons = run(&["dead-letters", "--db", &db, "--reasons"]).stdout;
    assert!(String::from_utf8_lossy(&reasons).contains("rides.ndjson"));
}
