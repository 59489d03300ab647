//! Recordings of real vehicles have known totals, and the same results in any order of their rows.

use std::{fs, path::Path};

use super::support::{Scratch, dump, map, number, random, recordings, report, run, stored};

/// File, column map, and numbers of records, duplicates and vehicles of each day. Days differ in
/// their unit of speed.
const DAYS: [(&str, &str, u64, u64, u64); 4] = [
    ("2015-03-07.csv", "capmetrics-2015.yaml", 44_564, 139, 158),
    ("2016-01-17.csv", "capmetrics.yaml", 34_909, 1, 129),
    ("2016-03-22.csv", "capmetrics.yaml", 34_030, 12_244, 195),
    ("2016-11-25.csv", "capmetrics.yaml", 32_038, 0, 181),
];

/// Reorders the lines of a day, without its header.
type Reorder = fn(&mut Vec<&str>);

#[test]
fn a_day_of_buses_gives_the_same_in_any_order_of_its_rows() {
    let Some(folder) = recordings("capmetrics") else {
        return;
    };
    let orders: [(&str, Reorder); 4] = [
        ("file", |_| {}),
        ("time", |lines| {
            lines.sort_by_key(|line| line.split(',').nth(1));
        }),
        ("reversed", |lines| lines.reverse()),
        ("shuffled", |lines| lines.sort_by_cached_key(|_| random())),
    ];
    for (day, map, read, duplicate, vehicles) in DAYS {
        let text = fs::read_to_string(folder.join(day)).unwrap();
        let (header, rows) = text.split_once('\n').unwrap();
        let mut first = None;
        for (order, reorder) in orders {
            let mut lines: Vec<_> = rows.lines().collect();
            reorder(&mut lines);
            let scratch = Scratch::new();
            let file = scratch.at(day);
            fs::write(&file, format!("{header}\n{}\n", lines.join("\n"))).unwrap();
            let (mut report, results) = replay(&file, map, &scratch.db());
            let counts = [
                "read",
                "duplicate",
                "vehicles",
                "late",
                "dead_lettered",
                "filtered",
            ]
            .map(|name| report[name].as_u64().unwrap());
            assert_eq!(
                counts,
                [read, duplicate, vehicles, 0, 0, 0],
                "{day} in {order} order"
            );
            for of_this_run in ["elapsed_s", "events_per_s"] {
                report.as_object_mut().unwrap().remove(of_this_run);
            }
            println!("{day} in {order} order: {report}");
            let this = (report, results);
            assert!(
                first.get_or_insert_with(|| this.clone()) == &this,
                "{day} in {order} order"
            );
        }
    }
}

/// Returns the report, and the rows of alerts and windows.
fn replay(file: &Path, map_name: &str, db: &Path) -> (serde_json::Value, [Vec<String>; 2]) {
    let (sink, map) = (format!("sqlite:{}", db.display()), map(map_name));
    let words = [
        "replay",
        file.to_str().unwrap(),
        "--dialect",
        "csv",
        "--map",
        &map,
    ];
    let order = ["--out-of-orderness", "24h", "--sink", &sink];
    let report = report(&[&words[..], &order].concat());
    let mut tables = dump(db);
    let results = ["alerts", "windows"].map(|table| tables.remove(table).unwrap());
    assert!(!results[1].is_empty());
    (report, results)
}

#[test]
fn all_days_together_are_one_input_with_a_map_each() {
    let Some(folder) = recordings("capmetrics") else {
        return;
    };
    let files: Vec<_> = DAYS
        .iter()
        .map(|day| folder.join(day.0).to_str().unwrap().to_owned())
        .collect();
    let (old, new) = (map("capmetrics-2015.yaml"), map("capmetrics.yaml"));
    let old = format!("2015-*={old}");
    let maps = ["--map", &new, "--map", &old, "--dialect", "csv"];
    let words: Vec<_> = ["replay"]
        .into_iter()
        .chain(files.iter().map(String::as_str))
        .collect();
    let order = ["--out-of-orderness", "24h", "--sink", "null"];
    let report = report(&[&words[..], &maps, &order].concat());
    assert_eq!(report["read"], 145_541);
    assert_eq!(report["duplicate"], 12_384);
    assert_eq!(report["vehicles"], 335);
}

#[test]
fn naturalistic_drives_are_read_whole() {
    let Some(folder) = recordings("nds") else {
        return;
    };
    let (file, map) = (folder.join("nds_dev.csv"), map("nds.yaml"));
    let words = [
        "replay",
        file.to_str().unwrap(),
        "--dialect",
        "csv",
        "--map",
        &map,
        "--sink",
        "null",
    ];
    let report = report(&words);
    assert_eq!(
        (&report["read"], &report["accepted"]),
        (&9_239.into(), &9_239.into())
    );
    assert_eq!(report["vehicles"], 17);
}

#[test]
fn a_minute_of_radar_becomes_perception_of_one_vehicle() {
    let Some(folder) = recordings("comma2k19") else {
        return;
    };
    let (file, map) = (folder.join("CAN_radar.csv"), map("comma2k19-radar.yaml"));
    let scratch = Scratch::new();
    let db = scratch.db();
    let sink = format!("sqlite:{}", db.display());
    let words = [
        "replay",
        file.to_str().unwrap(),
        "--dialect",
        "csv",
        "--map",
        &map,
        "--sink",
        &sink,
    ];
    let report = report(&words);
    assert_eq!(
        (&report["read"], &report["accepted"]),
        (&10_100.into(), &10_100.into())
    );
    assert_eq!(report["vehicles"], 1);
    assert_eq!(dump(&db)["perception"].len(), 10_100);
}

#[test]
fn drives_are_scored_sample_by_sample() {
    let Some(folder) = recordings("nds") else {
        return;
    };
    let (file, map) = (folder.join("nds_dev.csv"), map("nds.yaml"));
    let words = [
        "score",
        file.to_str().unwrap(),
        "--dialect",
        "csv",
        "--map",
        &map,
        "--report",
        "json",
    ];
    let report: serde_json::Value = serde_json::from_slice(&run(&words).stdout).unwrap();
    let trips = report["trips"].as_array().unwrap();
    assert_eq!(trips.len(), 17);
    let quantity = |name: &str| -> String {
        let components = trips
            .iter()
            .flat_map(|trip| trip["components"].as_array().unwrap());
        components
            .filter(|component| component["name"] == name)
            .map(|component| component["quantity"].as_f64().unwrap())
            .sum::<f64>()
            .to_string()
    };
    assert_eq!(
        [quantity("harsh_braking"), quantity("rapid_accel")],
        ["3", "13"]
    );
}

/// The reports of a year have initiators, but no kilometres to divide by. Their rows have the order
/// of the manufacturers' files, hence the bound of a year.
#[test]
fn the_disengagements_of_california_are_stored_by_initiator_and_have_no_ratio() {
    let Some(folder) = recordings("ca_dmv") else {
        return;
    };
    let file = folder.join("2021-Autonomous-Vehicle-Disengagement-Reports-CSV.csv");
    let (scratch, map) = (Scratch::new(), map("ca-dmv-2021.yaml"));
    let (db, sink) = (scratch.db(), scratch.sink());
    let words = ["replay", file.to_str().unwrap(), "--dialect", "csv"];
    let more = [
        "--map",
        &map,
        "--out-of-orderness",
        "9000h",
        "--sink",
        &sink,
    ];
    let report = report(&[&words[..], &more].concat());
    assert_eq!(
        (&report["read"], &report["accepted"], &report["vehicles"]),
        (&2_676.into(), &2_676.into(), &282.into())
    );
    let count = |of: &str| number(&db, &format!("SELECT count(*) FROM driving WHERE {of}"));
    assert_eq!(count("event_type = 'disengagement'"), 2_676);
    assert_eq!(
        (count("initiator = 'driver'"), count("initiator = 'system'")),
        (2_230, 446)
    );
    // Every cell that is not ASCII holds this quote, encoded as Windows-1252.
    assert_eq!(count("event_detail LIKE '%\u{2019}%'"), 16);
    assert_eq!(count("event_detail LIKE '%\u{fffd}%'"), 0);

    let (text, json) = stored(&db);
    assert_eq!(json["scores"]["trips"], 0);
    let driving = &json["driving"];
    assert_eq!(driving["vehicles"], 282);
    assert_eq!(driving["disengagements"], 2_676);
    assert_eq!(driving["disengagements_by"]["driver"], 2_230);
    assert_eq!(driving["disengagements_by"]["system"], 446);
    assert!(driving["km_per_disengagement"].is_null());
    assert!(driving["km_per_disengagement_at_least"].is_null());
    let why = driving["insufficient"].as_str().unwrap();
    assert!(why.contains("no odometer"), "{why}");
    assert!(text.contains("2,676: driver 2,230 · system 446"), "{text}");
    assert!(
        text.contains(&format!("km per disengagement none: {why}")),
        "{text}"
    );
}

/// The counts of each file: read, accepted, filtered (names that are not signals), duplicates, and
/// dead letters (messages before the first time of the file).
#[test]
fn openxc_messages_have_known_fates() {
    let Some(folder) = recordings("openxc") else {
        return;
    };
    let files = [
        ("openxc-python-evented.json", [2, 0, 0, 0, 2]),
        ("openxc-python-trace-no-timestamp.json", [9, 0, 0, 0, 9]),
        ("openxc-python-trace-shorter.json", [1000, 738, 261, 1, 0]),
        ("openxc-python-trace.json", [250, 185, 65, 0, 0]),
    ];
    for (file, expected) in files {
        let file = folder.join(file);
        let words = [
            "replay",
            file.to_str().unwrap(),
            "--dialect",
            "openxc",
            "--sink",
            "null",
        ];
        let report = report(&words);
        let counts = ["read", "accepted", "filtered", "duplicate", "dead_lettered"]
            .map(|name| report[name].as_u64().unwrap());
        assert_eq!(counts, expected, "{}", file.display());
    }
}
