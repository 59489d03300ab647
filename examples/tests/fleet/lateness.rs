//! Events that arrive minutes late revise their windows.

use super::support::{Scratch, number, report};

/// Returns one line of VehicleOps telemetry.
fn ride(second: u32) -> String {
    let (minute, rest) = (second / 60, second % 60);
    let speed = 30 + second * 7 % 60;
    format!(
        "{{\"vehicle_id\":\"a\",\"speed_kmh\":{speed},\"timestamp\":\"2024-01-01T10:{minute:02}:{rest:02}Z\"}}\n"
    )
}

/// Returns half an hour of events; the event of a second arrives `delay` seconds late.
fn half_an_hour(delay: impl Fn(u32) -> u32) -> String {
    let mut seconds: Vec<u32> = (0..1800).step_by(10).collect();
    seconds.sort_by_key(|second| (second + delay(*second), *second));
    seconds.into_iter().map(ride).collect()
}

const WINDOWS: &str = "SELECT coalesce(group_concat(row, x'0a'), '') FROM (SELECT vehicle_id \
    || window_start || window_end || events || speed_mean_kmh || speed_min_kmh || speed_max_kmh \
    || speed_sum_kmh || speed_last_kmh AS row FROM windows ORDER BY window_start)";

fn windows(scratch: &Scratch) -> String {
    let db = fleet_sinks::sqlite::rusqlite::Connection::open(scratch.db()).unwrap();
    db.query_row(WINDOWS, [], |row| row.get(0)).unwrap()
}

#[test]
fn late_events_give_the_same_windows_as_events_in_time() {
    let (in_time, late) = (Scratch::new(), Scratch::new());
    let sorted = in_time.file("rides.ndjson", half_an_hour(|_| 0));
    let delayed = late.file(
        "rides.ndjson",
        half_an_hour(|second| {
            if second % 70 == 0 {
                180 + second % 300
            } else {
                0
            }
        }),
    );
    let replay = |input: &str, scratch: &Scratch, lateness: &str| {
        report(&[
            "replay",
            input,
            "--dialect",
            "vehicleops",
            "--allowed-lateness",
            lateness,
            "--sink",
            &scratch.sink(),
        ])
    };
    let truth = replay(&sorted, &in_time, "0s");
    let revised = replay(&delayed, &late, "10m");
    assert_eq!(
        (&truth["accepted"], &revised["accepted"]),
        (&180.into(), &180.into())
    );
    assert_eq!(
        (&truth["windows"], &revised["windows"]),
        (&30.into(), &30.into())
    );
    assert_eq!(windows(&in_time), windows(&late));
    assert_eq!(
        number(&in_time.db(), "SELECT max(revision) FROM windows"),
        0
    );
    assert!(number(&late.db(), "SELECT max(revision) FROM windows") > 0);
    assert_eq!(number(&late.db(), "SELECT count(*) FROM telemetry"), 180);

    let dropped = Scratch::new();
    let lost = replay(&delayed, &dropped, "0s");
    assert!(lost["late"].as_u64().unwrap() >= 20, "{lost}");
    assert_ne!(windows(&in_time), windows(&dropped));
}
