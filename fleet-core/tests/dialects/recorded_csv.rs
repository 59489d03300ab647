//! The column maps of the examples over recorded CSV data.

use std::{collections::BTreeSet, sync::Arc};

use fleet_core::{
    Decode, Event, EventTime, Offset,
    checkpoint::Fates,
    decode::Entry,
    dialect::{ColumnMap, Csv},
    event::{Driving, DrivingKind, FleetEvent, Initiator, Signal},
    source::Chunk,
    units::Speed,
};

use crate::recordings::{self, repository};

/// Decodes a recorded file in chunks, as a source would pass it on.
fn recorded(map_name: &str, file: &str) -> Option<(Vec<FleetEvent>, Fates)> {
    let bytes = recordings::read(file)?;
    let map_file = repository().join("examples/maps").join(map_name);
    let yaml = std::fs::read_to_string(map_file).unwrap();
    let map = ColumnMap::from_yaml(&yaml, map_name).unwrap();
    let header_end = header_end(&bytes);
    let header: Arc<[u8]> = bytes[..header_end].trim_ascii_end().into();
    map.check(&header, file).unwrap();
    let csv = Csv::new([map]);
    let (mut rows, mut fates) = (Vec::new(), Fates::default());
    let mut from = header_end;
    while from < bytes.len() {
        let most = (from + 100_000).min(bytes.len());
        let to = memchr::memrchr(b'\n', &bytes[from..most]).map_or(most, |end| from + end + 1);
        let chunk = Chunk {
            bytes: bytes[from..to].to_vec(),
            start: Offset(from as u64),
            header: Some(Arc::clone(&header)),
            ..Chunk::default()
        };
        csv.decode(chunk, &mut Entry::new(&mut rows, &mut fates));
        from = to;
    }
    for (at, _) in &rows {
        assert_eq!(bytes[usize::try_from(at.0).unwrap() - 1], b'\n');
    }
    Some((rows.into_iter().map(|(_, row)| row).collect(), fates))
}

/// Returns where the first record ends: at the first line feed outside quotes.
fn header_end(bytes: &[u8]) -> usize {
    let mut quoted = false;
    let end = bytes.iter().position(|byte| {
        quoted ^= *byte == b'"';
        *byte == b'\n' && !quoted
    });
    1 + end.unwrap()
}

fn vehicles(rows: &[FleetEvent]) -> usize {
    rows.iter().map(Event::key).collect::<BTreeSet<_>>().len()
}

/// Returns the speed that one row in a hundred exceeds; single fixes jump higher.
fn fast(rows: &[FleetEvent]) -> f64 {
    let speeds = rows
        .iter()
        .filter_map(|row| row.telemetry()?.value(Signal::Speed));
    let mut speeds: Vec<f64> = speeds.collect();
    speeds.sort_by(f64::total_cmp);
    speeds[speeds.len() * 99 / 100]
}

#[test]
fn four_days_of_a_city_fleet_are_read_whole_in_both_units_of_speed() {
    for (map, file, count) in [
        ("capmetrics-2015.yaml", "capmetrics/2015-03-07.csv", 44_564),
        ("capmetrics.yaml", "capmetrics/2016-01-17.csv", 34_909),
        ("capmetrics.yaml", "capmetrics/2016-03-22.csv", 34_030),
        ("capmetrics.yaml", "capmetrics/2016-11-25.csv", 32_038),
    ] {
        let Some((rows, fates)) = recorded(map, file) else {
            continue;
        };
        assert_eq!(fates.dead, [], "{file}");
        assert_eq!(
            (rows.len(), fates.counts.read),
            (count, count as u64),
            "{file}"
        );
        // With the wrong unit it would be above 130 or below 40 km/h.
        let fast = fast(&rows);
        assert!((50.0..110.0).contains(&fast), "{file}: {fast}");
    }
}

#[test]
fn the_naturalistic_drives_are_read_whole() {
    let Some((rows, fates)) = recorded("nds.yaml", "nds/nds_dev.csv") else {
        return;
    };
    assert_eq!(fates.dead, []);
    assert_eq!((rows.len(), vehicles(&rows)), (9_239, 17));
    let count = |harsh: fn(f64) -> bool| {
        let forces = rows
            .iter()
            .filter_map(|row| row.telemetry()?.value(Signal::AccelerationLongitudinal));
        forces.filter(|force| harsh(*force)).count()
    };
    // The counts in the description of the data.
    assert_eq!((count(|g| g < -0.4), count(|g| g > 0.4)), (3, 13));
}

#[test]
fn a_minute_of_radar_is_read_whole() {
    let Some((rows, fates)) = recorded("comma2k19-radar.yaml", "comma2k19/CAN_radar.csv") else {
        return;
    };
    assert_eq!(fates.dead, []);
    assert_eq!((rows.len(), vehicles(&rows)), (10_100, 1));
    let first = rows[0].perception().unwrap();
    assert_eq!(first.at.as_micros(), 46_408_587_652);
    assert_eq!(first.track.as_deref(), Some("528"));
    assert_eq!(first.relative_speed, Speed::from_mps(3.6).into());
}

/// 2,676 reports. Of their words `Test Driver` (2,035), `Test Driver - Soft Stop` (151),
/// `Test Drive` (23), `Driver` (19) and `Operator` (2) are people in the vehicle, `AV System`
/// (368), `AV System - Emergency Stop` (71) and `Software` (7) the system.
#[test]
fn the_disengagements_of_california_are_read_whole_by_initiator() {
    let file = "ca_dmv/2021-Autonomous-Vehicle-Disengagement-Reports-CSV.csv";
    let Some((rows, fates)) = recorded("ca-dmv-2021.yaml", file) else {
        return;
    };
    assert_eq!(fates.dead, []);
    assert_eq!((rows.len(), vehicles(&rows)), (2_676, 282));
    let count = |initiator| {
        let events = rows.iter().filter_map(FleetEvent::driving);
        let events = events.filter(|event| event.kind == DrivingKind::Disengagement);
        events
            .filter(|event| event.initiator == Some(initiator))
            .count()
    };
    assert_eq!(
        (count(Initiator::Driver), count(Initiator::System)),
        (2_230, 446)
    );
    let events = || rows.iter().filter_map(FleetEvent::driving);
    let (first, last) = (
        events().map(|event| event.at).min(),
        events().map(|event| event.at).max(),
    );
    assert_eq!(first.unwrap().to_string(), "2020-11-30T17:09:05Z");
    assert!(last.unwrap() < EventTime::parse("2022-01-01T00:00:00Z").unwrap());
    // Every cell that is not ASCII holds this quote, encoded as Windows-1252.
    let quoted = |event: &Driving| {
        event
            .detail
            .as_ref()
            .is_some_and(|text| text.contains('\u{2019}'))
    };
    assert_eq!(events().filter(|event| quoted(event)).count(), 16);
}
