//! Tests of merging, snapshots and the limits of windows.

use std::time::Duration;

use super::*;
use crate::data::{EventTime, State};

fn at(second: i64) -> EventTime {
    EventTime::from_micros(second * 1_000_000)
}

#[test]
fn merging_parts_gives_what_adding_all_gives_in_any_order() {
    let values = [0.1, 0.2, 0.3, 1e9, -7.25, 80.000_001];
    let mut whole = Summary::EMPTY;
    for (second, value) in (0..).zip(values) {
        whole.add(Some(value), at(second));
    }
    whole.add(None, at(9));
    for cut in 0..=values.len() {
        let (mut left, mut right) = (Summary::EMPTY, Summary::EMPTY);
        for (place, (second, value)) in (0..).zip(values).enumerate() {
            let part = if place < cut { &mut left } else { &mut right };
            part.add(Some(value), at(second));
        }
        right.add(None, at(9));
        let mut other_way = right;
        other_way.merge(&left);
        left.merge(&right);
        assert_eq!((left, other_way), (whole, whole));
    }
    assert_eq!(
        (whole.rows, whole.count, whole.last()),
        (7, 6, Some(80.000_001))
    );
    assert_eq!(Summary::EMPTY.mean(), None);
}

#[test]
fn a_summary_survives_a_snapshot() {
    let mut summary = Summary::EMPTY;
    summary.add(Some(12.5), at(3));
    let mut bytes = Vec::new();
    summary.encode(&mut bytes);
    assert_eq!(Summary::decode(1, &mut bytes.as_slice()), Some(summary));
    assert_eq!(Summary::decode(2, &mut bytes.as_slice()), None);
}

#[test]
fn the_one_window_of_the_first_layout_is_read_and_a_newer_layout_is_not() {
    let mut summary = Summary::EMPTY;
    summary.add(Some(12.5), at(61));
    let mut bytes = Vec::new();
    at(60).encode(&mut bytes);
    summary.encode(&mut bytes);
    let panes = Panes::<Summary>::decode(Summary::VERSION, &mut bytes.as_slice()).unwrap();
    let mut again = Vec::new();
    panes.encode(&mut again);
    let version = Panes::<Summary>::VERSION;
    assert_ne!(version, Summary::VERSION);
    let same = Panes::<Summary>::decode(version, &mut again.as_slice()).unwrap();
    assert_eq!(format!("{panes:?}"), format!("{same:?}"));
    assert!(format!("{panes:?}").contains("results: 0"), "{panes:?}");
    assert!(Panes::<Summary>::decode(version + 256, &mut again.as_slice()).is_none());
}

#[test]
fn impossible_windows_are_rejected() {
    let second = Duration::from_secs(1);
    for (length, slide) in [
        (second, Duration::ZERO),
        (second, 2 * second),
        (5 * second, 2 * second),
        (20 * second, Duration::from_millis(1)),
    ] {
        assert!(Sliding::of(length, slide).is_err(), "{length:?} {slide:?}");
    }
    assert!(Sliding::of(second, second).is_ok());
    assert!(Session::of(Duration::ZERO).is_err());
}
