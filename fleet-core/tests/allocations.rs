//! Checks that decoding allocates nothing per event.

use fleet_core::{
    Decode, Event, Offset,
    checkpoint::Fates,
    decode::Entry,
    dialect::{Dialect, Native, VehicleOps},
    event::Telemetry,
    source::Chunk,
};

const LINES: usize = 1_000;

fn chunk(line: impl Fn(usize) -> String) -> Chunk {
    let text: Vec<_> = (0..LINES).map(line).collect();
    Chunk {
        bytes: (text.join("\n") + "\n").into_bytes(),
        start: Offset(0),
        ..Chunk::default()
    }
}

/// Counts the allocations of decoding a chunk into a `Vec` that is large enough.
fn allocations<D: Dialect<Event = Telemetry>>(dialect: &D, chunk: Chunk) -> u64 {
    let (mut rows, mut fates) = (Vec::with_capacity(LINES), Fates::default());
    let info = allocation_counter::measure(|| {
        dialect.decode(chunk, &mut Entry::new(&mut rows, &mut fates));
    });
    assert_eq!(
        (rows.len(), fates.counts.read),
        (LINES, LINES as u64),
        "{:?}",
        fates.dead.first()
    );
    assert!(rows.iter().all(|(_, event)| !event.key().is_empty()));
    info.count_total
}

#[test]
fn vehicleops_in_its_own_order_and_in_any_other() {
    let in_order = chunk(|line| {
        format!(
            r#"{{"vehicle_id":"fleet-001-VH-{:03}","fleet_id":"fleet-001","latitude":4.711,"longitude":-74.0721,"speed_kmh":42.5,"battery_pct":78.0,"engine_temp_c":72.3,"load_pct":65.0,"status":"MOVING","timestamp":"2024-02-15T14:32:18.5{line:05}+00:00"}}"#,
            line % 200
        )
    });
    let text = String::from_utf8(in_order.bytes.clone()).unwrap();
    // The same keys in reverse, so that they do not follow the order of the schema.
    let turned = chunk(|line| {
        let line = text.lines().nth(line).unwrap().trim_matches(['{', '}']);
        let keys: Vec<_> = line.split(',').rev().collect();
        format!("{{{}}}", keys.join(","))
    });
    assert_eq!(allocations(&VehicleOps::default(), in_order), 0);
    assert_eq!(allocations(&VehicleOps::default(), turned), 0);
}

#[test]
fn native() {
    let lines = chunk(|line| {
        format!(
            r#"{{"vehicle_id":"car-{}","timestamp":"2024-02-15T14:32:18Z","Vehicle.Speed":42.5,"Vehicle.TraveledDistance":{line}}}"#,
            line % 200
        )
    });
    assert_eq!(allocations(&Native::default(), lines), 0);
}
