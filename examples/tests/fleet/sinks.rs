//! One job, every sink; a second run; resuming and growing inputs.

use std::{fs, path::Path};

use super::support::{dump, fleet, report, run};

const JOB: [&str; 5] = ["demo", "--vehicles", "5", "--duration", "3m"];

fn demo(sink: &str) -> serde_json::Value {
    report(&[&JOB[..], &["--sink", sink]].concat())
}

fn lines(file: &Path) -> usize {
    fs::read_to_string(file).unwrap().lines().count()
}

#[test]
fn every_sink_takes_the_same_rows_and_a_second_run_adds_none() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
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
    for table in ["telemetry", "alerts", "windows"] {
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
fn an_input_that_grew_after_its_end_is_refused_and_read_afresh_on_request() {
    let scratch = tempfile::tempdir().unwrap();
    let (file, db) = (
        scratch.path().join("rides.ndjson"),
        scratch.path().join("fleet.db"),
    );
    let line = |second: u32| {
        format!(
            "{{\"vehicle_id\":\"a\",\"speed_kmh\":50,\"timestamp\":\"2024-01-01T10:00:{second:02}Z\"}}\n"
        )
    };
    fs::write(&file, line(0) + &line(1)).unwrap();
    let sink = format!("sqlite:{}", db.display());
    let words = [
        "replay",
        file.to_str().unwrap(),
        "--dialect",
        "vehicleops",
        "--sink",
        &sink,
    ];
    run(&words);
    fs::write(&file, line(0) + &line(1) + &line(2)).unwrap();
    let refused = fleet(&words).output().unwrap();
    let error = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{error}");
    assert!(
        error.contains("rides.ndjson") && error.contains("--fresh"),
        "{error}"
    );
    assert_eq!(report(&[&words[..], &["--fresh"]].concat())["accepted"], 3);
    assert_eq!(dump(&db)["telemetry"].len(), 3);
}

#[test]
fn gzip_and_plain_inputs_are_one_input() {
    let scratch = tempfile::tempdir().unwrap();
    let plain = scratch.path().join("plain.ndjson");
    let line = "{\"vehicle_id\":\"a\",\"speed_kmh\":50,\"timestamp\":\"2024-01-01T10:00:00Z\"}\n";
    fs::write(&plain, line).unwrap();
    let packed = std::process::Command::new("gzip")
        .args(["-k", plain.to_str().unwrap()])
        .status();
    if !packed.is_ok_and(|status| status.success()) {
        return eprintln!("skipped: there is no gzip here");
    }
    let packed = scratch.path().join("plain.ndjson.gz");
    let words = ["replay", plain.to_str().unwrap(), packed.to_str().unwrap()];
    let report = report(&[&words[..], &["--dialect", "vehicleops", "--sink", "null"]].concat());
    assert_eq!(
        (&report["read"], &report["duplicate"]),
        (&2.into(), &1.into())
    );
}

#[test]
fn dead_letters_can_be_mended_and_replayed_into_the_same_database() {
    let scratch = tempfile::tempdir().unwrap();
    let (file, db) = (
        scratch.path().join("rides.ndjson"),
        scratch.path().join("fleet.db"),
    );
    let good = "{\"vehicle_id\":\"a\",\"speed_kmh\":50,\"timestamp\":\"2024-01-01T10:00:00Z\"}";
    fs::write(&file, format!("{good}\n{}\n", good.replace("50", "fifty"))).unwrap();
    let sink = format!("sqlite:{}", db.display());
    run(&[
        "replay",
        file.to_str().unwrap(),
        "--dialect",
        "vehicleops",
        "--sink",
        &sink,
    ]);
    let dead = run(&["dead-letters", "--db", db.to_str().unwrap()]).stdout;
    let mended = scratch.path().join("mended.ndjson");
    fs::write(
        &mended,
        String::from_utf8(dead).unwrap().replace("fifty", "51"),
    )
    .unwrap();
    run(&[
        "replay",
        mended.to_str().unwrap(),
        "--dialect",
        "vehicleops",
        "--sink",
        &sink,
    ]);
    assert_eq!(dump(&db)["telemetry"].len(), 2);
    let reasons = run(&["dead-letters", "--db", db.to_str().unwrap(), "--reasons"]).stdout;
    assert!(String::from_utf8_lossy(&reasons).contains("rides.ndjson"));
}
