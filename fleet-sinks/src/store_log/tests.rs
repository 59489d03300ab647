//! Lanes, names, keys and the decoder, without a store.

use fleet_core::{Decode, ErrorKind, EventTime, Offset, checkpoint::Fates, decode::Entry};

use super::{LogDecoder, LogOptions, LogRecord, LogRecords, LogRows, check_name, rows::lane_of};
use crate::testing::{
    Bent, Sample,
    rides::{Ride, Rides, by_driver, ride},
};

/// Keys that a careless program stumbles over.
pub(crate) fn hostile() -> Vec<String> {
    let long = "k".repeat(10_000);
    let all = [
        "",
        "'; DROP TABLE log_rows; --",
        "\"",
        "a\0b",
        "\u{202e}ä",
        "%",
        "\\",
        &long,
    ];
    all.map(str::to_owned).into()
}

#[test]
fn the_lane_of_a_key_never_changes() {
    let lanes: Vec<_> = ["", "driver-1", "driver-2", "a\0b"]
        .map(|key| lane_of(key, 8))
        .into();
    assert_eq!(lanes, PINNED);
    let mut counts = [0; 8];
    for n in 0..8_000 {
        counts[lane_of(&format!("driver-{n}"), 8) as usize] += 1;
    }
    assert!(
        counts.iter().all(|count| (800..1_200).contains(count)),
        "{counts:?}"
    );
}

/// Logs hold rows by them.
const PINNED: [u32; 4] = [1, 2, 2, 1];

#[test]
fn names_and_options_that_cannot_be_are_refused() {
    for name in hostile() {
        let error = check_name("log", &name).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().len() < 1_000, "{error}");
        assert!(LogRows::<Ride>::new(&name).is_err());
    }
    check_name("log", "fleet.trips_2-b").unwrap();
    for (lanes, most_waiting) in [(0, 1), (257, 1), (1, 0)] {
        let options = LogOptions {
            lanes,
            most_waiting,
        };
        assert!(options.check("trips").is_err(), "{options:?}");
    }
}

#[test]
fn rows_go_to_the_lane_of_their_key_in_their_order_and_bad_ones_are_rejected() {
    let rows: Vec<_> = (0..40)
        .map(|n| ride(&format!("driver-{}", n % 5), n))
        .collect();
    let (new, outcome) = by_driver().rows(&rows, None).unwrap();
    assert!(outcome.rejected.is_empty() && new.is_sorted_by_key(|row| row.lane));
    for row in &new {
        assert_eq!(row.lane, lane_of(&row.key, 8));
    }
    for driver in 0..5 {
        let own = new
            .iter()
            .filter(|row| row.key == format!("driver-{driver}"));
        let numbers: Vec<_> = own.map(|row| row.at.as_micros()).collect();
        assert_eq!(numbers, (0..8).map(|n| n * 5 + driver).collect::<Vec<_>>());
    }
    let samples = LogRows::<Sample>::new("samples").unwrap();
    let own = ["a".into(), "b".into()];
    let rows = [Sample::bad().row(), Sample::new("x").row()];
    let (new, outcome) = samples.rows(&rows, Some(&own)).unwrap();
    assert_eq!(
        (new.len(), &*new[0].key),
        (1, "b"),
        "the key of the graph by default"
    );
    assert_eq!((outcome.rejected.len(), outcome.rejected[0].index), (1, 0));
    let bent = LogRows::<Bent>::new("bent").unwrap();
    for way in Bent::WAYS {
        way.assert_refused(&bent.rows(&[way.row()], None).unwrap_err());
    }
}

#[test]
fn a_row_of_another_key_is_a_dead_letter_of_the_step_key() {
    let body = |text: &[u8], key: &str, offset: u64| LogRecord {
        offset: Offset(offset),
        key: key.into(),
        at: EventTime::from_micros(9),
        body: text.to_vec(),
    };
    let good = br#"{"vehicle":"car-1","driver":"d","number":1,"at_us":5,"metres":2}"#;
    let records = LogRecords::new(vec![
        body(good, "d", 0),
        body(good, "car-1", 1),
        body(b"{", "d", 2),
        body(&[0xff], "d", 3),
    ]);
    let (mut rows, mut fates) = (Vec::new(), Fates::default());
    let decode = LogDecoder::new(Rides);
    decode.decode(
        records.clone(),
        &mut Entry::with_log_times(&mut rows, &mut fates),
    );
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].1, Some(EventTime::from_micros(9)));
    assert_eq!((fates.counts.read, fates.counts.dead_lettered), (4, 3));
    let steps: Vec<_> = fates.dead.iter().map(|letter| &*letter.step).collect();
    assert_eq!(steps, ["key", "decode", "decode"]);
    let letter = &fates.dead[0];
    assert!(
        letter
            .reason
            .contains("the key is `car-1`, the event is of `d`"),
        "{letter:?}"
    );
    assert_eq!(
        (letter.offset, letter.key.as_deref()),
        (Offset(1), Some("car-1"))
    );

    let (mut rows, mut fates) = (Vec::new(), Fates::default());
    let any = decode.with_any_key();
    any.decode(records.clone(), &mut Entry::new(&mut rows, &mut fates));
    assert_eq!(rows.len(), 2);
    // Divided and single, each row has the same fate.
    let (mut parts, mut fates) = (Vec::new(), Fates::default());
    for part in any.divide(records.clone(), 3) {
        any.decode(part, &mut Entry::new(&mut parts, &mut fates));
    }
    assert_eq!((parts.len(), fates.counts.read), (2, 4));
    let copy = any.copy_for_retry(&records).unwrap();
    let single = (copy.records)(copy.payload);
    let offsets: Vec<_> = single.iter().map(|record| record.at.0).collect();
    assert_eq!(offsets, [0, 1, 2, 3]);
    assert_eq!(single[2].raw, b"{");
}
