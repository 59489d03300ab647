//! Tests of the evaluation by cell.

use super::*;
use crate::evaluation::{Clock, Findings, Frame, Gravity, Interval, Recording};
use AlertKind::{HarshBrake, RapidAccel};

fn event(kind: AlertKind, start_s: f64) -> Interval {
    Interval {
        kind,
        start_s,
        end_s: start_s + 2.0,
    }
}

/// A recording of 100 s, one sample each second, with brakes at these times.
fn labelled(name: &str, cell: &str, brakes: &[f64], style: Option<Style>) -> Labelled {
    Labelled {
        recording: Recording {
            name: name.to_owned(),
            clock: Clock::Rate(1.0),
            frame: Frame::Vehicle,
            gravity: Gravity::Removed,
            acceleration: None,
            turn_rate: None,
            yaw_rate: None,
            speed: Some(vec![50.0; 101]),
            class: None,
        },
        labels: brakes.iter().map(|at| event(HarshBrake, *at)).collect(),
        kinds: vec![HarshBrake],
        style,
        distance_km: None,
        cell: vec![cell.to_owned()],
    }
}

/// Finds a brake at 10 s and one at 50 s in every recording.
fn constant(_: &Recording) -> Findings {
    Findings {
        events: vec![
            event(HarshBrake, 10.0),
            event(HarshBrake, 50.0),
            event(RapidAccel, 70.0),
        ],
        ..Findings::default()
    }
}

#[test]
fn cells_are_counted_apart_and_the_worst_is_named() {
    let recordings = [
        labelled("a", "easy", &[10.0, 50.0], None),
        labelled("b", "easy", &[11.0, 80.0], None),
        labelled("c", "hard", &[30.0], None),
        labelled("d", "empty", &[], None),
    ];
    let result = evaluate(&constant, recordings);
    let counts = |cell: &str| {
        let cells = result.cells.iter();
        let found = cells.clone().find(|row| row.cell == [cell]).unwrap();
        (found.counts.found, found.counts.missed, found.counts.wrong)
    };
    assert_eq!(counts("easy"), (3, 1, 1));
    assert_eq!(counts("hard"), (0, 1, 2));
    assert_eq!(counts("empty"), (0, 0, 2));
    assert_eq!(
        result.overall[0].counts,
        Counts {
            found: 3,
            missed: 2,
            wrong: 5
        }
    );
    // `hard` and `empty` both have an F1 of 0; fewer events say less.
    let worst = result.worst(&HarshBrake).unwrap();
    assert!(worst.f1.unwrap().value < 1e-9, "{worst:?}");
    // The labels say nothing of accelerations, so the one that was found is not judged.
    assert_eq!(result.worst(&RapidAccel), None);
    // Two recordings of 100 s in `easy`.
    let per_hour = result.cells.iter().find(|row| row.cell == ["easy"]);
    assert!((per_hour.unwrap().false_per_hour().unwrap() - 18.0).abs() < 1e-9);
}

#[test]
fn what_is_unavailable_is_listed_and_counts_for_nothing() {
    let detector = |recording: &Recording| {
        let mut findings = constant(recording);
        if recording.name == "b" {
            findings.unavailable = vec![HarshBrake];
        }
        findings
    };
    let recordings = [
        labelled("a", "cell", &[10.0, 50.0], None),
        labelled("b", "cell", &[30.0], None),
    ];
    let result = evaluate(&detector, recordings);
    let cell = &result.cells[0];
    assert_eq!((cell.recordings, cell.unavailable), (2, 1));
    assert_eq!(
        cell.counts,
        Counts {
            found: 2,
            missed: 0,
            wrong: 0
        }
    );
    let none = |_: &Recording| Findings {
        unavailable: vec![HarshBrake],
        ..Findings::default()
    };
    let result = evaluate(&none, [labelled("a", "cell", &[10.0], None)]);
    assert_eq!(result.worst(&HarshBrake), None);
    assert!(result.to_string().contains("unavailable in 1"), "{result}");
}

#[test]
fn trips_are_ranked_over_all_cells_and_within_each() {
    let detector = |recording: &Recording| Findings {
        harshness: recording.name.parse().ok(),
        ..Findings::default()
    };
    let trip = |harshness: &str, cell: &str, style| labelled(harshness, cell, &[], Some(style));
    let recordings = [
        trip("3", "one", Style::Aggressive),
        trip("1", "one", Style::Calm),
        trip("5", "two", Style::Aggressive),
        trip("6", "two", Style::Calm),
        trip("unknown", "two", Style::Calm),
        trip("9", "three", Style::Calm),
    ];
    let result = evaluate(&detector, recordings);
    // Of 2 · 3 pairs one is in order: 3 before 1, and 5 before 1.
    assert!((result.auc.unwrap().value - 2.0 / 6.0).abs() < 1e-12);
    let (cell, worst) = result.worst_auc().unwrap();
    assert_eq!(
        (cell.as_slice(), worst.value),
        (["two".to_owned()].as_slice(), 0.0)
    );
    assert_eq!(result.auc_by_cell.len(), 2);
}

#[test]
fn blocks_hold_each_event_once_also_those_outside_the_recording() {
    use Verdict::{False, Found, Missed};
    let verdicts = [
        (-1.0, False),
        (59.9, Found),
        (60.0, Missed),
        (130.0, Found),
        (200.0, False),
    ];
    let blocks = blocks(&verdicts, 150.0);
    let seen: Vec<_> = blocks
        .iter()
        .map(|b| (b.found, b.missed, b.wrong))
        .collect();
    assert_eq!(seen, [(1, 0, 1), (0, 1, 0), (1, 0, 1)]);
}

#[test]
fn the_table_shows_cells_and_the_worst_of_each_kind() {
    let recordings = [
        labelled("a", "easy", &[10.0, 50.0], None),
        labelled("c", "hard", &[30.0], None),
    ];
    let table = evaluate(&constant, recordings).to_string();
    assert!(table.contains("worst: hard"), "{table}");
    let rows = table.lines().filter(|line| line.starts_with("HARSH_BRAKE"));
    assert_eq!(rows.count(), 4, "{table}");
}
