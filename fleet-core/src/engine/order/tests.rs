//! Tests that states saved in older layouts can be restored.

use std::time::Duration;

use super::{Fate, Order, OrderBuffer};
use crate::{
    contracts::checkpoint::Saved,
    data::{EventTime, Offset, State, VehicleId, state::put_length},
    engine::entries::SnapshotEntry,
    event::{Event as _, Telemetry},
    rows::{RowsMut, Slab},
};

fn event(second: i64) -> Telemetry {
    let at = EventTime::from_micros(second * 1_000_000);
    Telemetry::new(VehicleId::new("car-1").unwrap(), at)
}

/// The first layout: `1 · newest · identities that left at it · rows`.
fn first_layout(newest: &Telemetry, left: &[&Telemetry], rows: &[Telemetry]) -> Saved {
    let mut bytes = vec![1];
    newest.at().encode(&mut bytes);
    put_length(left.len(), &mut bytes);
    for event in left {
        event.identity().encode(&mut bytes);
    }
    put_length(rows.len(), &mut bytes);
    for (offset, event) in (0u64..).zip(rows) {
        offset.encode(&mut bytes);
        event.encode(&mut bytes);
    }
    Saved {
        node: 0,
        key: "car-1".into(),
        version: Telemetry::VERSION,
        bytes: Some(bytes),
    }
}

/// The fates of events at these seconds after a restart.
fn fates(bound: u64, saved: &Saved, seconds: [i64; 3]) -> [Fate; 3] {
    let mut slab = Slab::default();
    let mut buffer = OrderBuffer::new(Order::within(Duration::from_secs(bound)));
    let entry = SnapshotEntry::of(saved).unwrap();
    buffer.restore(&entry, saved, false, &mut slab).unwrap();
    seconds.map(|second| {
        let place = slab.put(Offset(9), event(second));
        let row = slab.get_mut(place).unwrap();
        buffer.identify(RowsMut::Run(std::slice::from_mut(row)));
        buffer.admit(place, &mut slab)
    })
}

#[test]
fn the_first_layout_of_waiting_rows_is_read() {
    let rows = [event(100), event(103)];
    let saved = first_layout(&rows[1], &[], &rows);
    assert_eq!(
        fates(5, &saved, [97, 98, 103]),
        [Fate::Late, Fate::Accepted, Fate::Duplicate]
    );
    let newest = event(103);
    let saved = first_layout(&newest, &[&newest], &[]);
    assert_eq!(
        fates(0, &saved, [102, 103, 104]),
        [Fate::Late, Fate::Duplicate, Fate::Accepted]
    );
}

#[test]
fn an_unknown_layout_and_a_cut_one_are_refused() {
    let rows = [event(100)];
    let saved = first_layout(&rows[0], &[], &rows);
    let bytes = saved.bytes.clone().unwrap();
    let mut newer = bytes.clone();
    newer[0] = 3;
    for bytes in [newer, bytes[..bytes.len() - 1].to_vec()] {
        let saved = Saved {
            bytes: Some(bytes),
            ..saved.clone()
        };
        let (mut buffer, mut slab) = (
            OrderBuffer::new(Order::default()),
            Slab::<Telemetry>::default(),
        );
        let entry = SnapshotEntry::of(&saved).unwrap();
        assert_eq!(buffer.restore(&entry, &saved, false, &mut slab), None);
    }
}
