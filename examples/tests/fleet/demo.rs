//! The demo: three fleets in one database, and a report over all of them.

use serde_json::Value;

use super::support::{Scratch, number, report, stored};

fn demo(scratch: &Scratch) -> Value {
    let sink = scratch.sink();
    let words = ["demo", "--vehicles", "20", "--duration", "10m"];
    report(&[&words[..], &["--sink", &sink]].concat())
}

#[test]
fn telemetry_perception_driving_events_and_trips_are_stored() {
    let scratch = Scratch::new();
    let report = demo(&scratch);
    let db = scratch.db();
    assert_eq!(report["vehicles"], 20 + 4 + 4);
    assert_eq!(
        number(&db, "SELECT count(*) FROM telemetry"),
        20 * 1200 + 4 * 600
    );
    for table in ["perception", "driving", "alerts", "windows", "self_driving"] {
        let rows = number(&db, &format!("SELECT count(*) FROM {table}"));
        assert!(rows > 0, "{table}");
    }
    let requests = "SELECT count(*) FROM trips WHERE driver_id IS NOT NULL";
    assert_eq!(number(&db, requests), 4 * 10);
}

#[test]
fn the_report_has_the_mean_and_the_spread_of_the_scores_that_are_stored() {
    let scratch = Scratch::new();
    demo(&scratch);
    let db = scratch.db();
    let (text, json) = stored(&db);
    let scores = &json["scores"];
    assert_eq!(scores["scored"], 40);
    let sum = number(&db, "SELECT sum(score) FROM trips");
    let mean = scores["mean_score"].as_f64().unwrap();
    assert!((mean * 40.0 - sum as f64).abs() < 1e-6, "{mean} of {sum}");
    // Calm and harsh trips: the scores differ, and not all are extremes.
    assert!((50.0..100.0).contains(&mean), "{mean}");
    let bands = scores["bands"].as_object().unwrap();
    let counts: Vec<u64> = bands
        .values()
        .map(|count| count.as_u64().unwrap())
        .collect();
    assert_eq!(counts.iter().sum::<u64>(), 40);
    assert!(
        counts.iter().filter(|count| **count > 0).count() > 1,
        "{bands:?}"
    );
    assert!(text.contains(&format!("{mean:.1} over 40 trips")), "{text}");
    // Where no event has an acceleration, no trips are looked for.
    assert_eq!(scores["trips"].as_u64(), Some(40));

    let driving = &json["driving"];
    let km = driving["km"].as_f64().unwrap();
    let interventions = driving["interventions"].as_f64().unwrap();
    assert!(km > 0.0 && interventions > 0.0, "{driving}");
    let per = driving["km_per_intervention"].as_f64().unwrap();
    assert!((per * interventions - km).abs() < 1e-9, "{driving}");
}

#[test]
fn the_score_of_a_trip_follows_from_its_harsh_events() {
    let scratch = Scratch::new();
    demo(&scratch);
    let wrong = "SELECT count(*) FROM trips WHERE driver_id IS NOT NULL
                 AND score <> max(0, 100 - 5 * (harsh_braking + rapid_accel))";
    assert_eq!(number(&scratch.db(), wrong), 0);
    let harsh = "SELECT sum(harsh_braking + rapid_accel) FROM trips";
    assert!(number(&scratch.db(), harsh) > 0);
}
