//! Tests of what an order buffer saves, and that states saved in older layouts can be restored.

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

#[test]
fn a_raised_floor_changes_the_entry_of_a_key_only_if_its_rows_wait() {
    for (bound, changed) in [(0, 0), (5, 1)] {
        let mut slab = Slab::default();
        let mut buffer = OrderBuffer::new(Order::within(Duration::from_secs(bound)));
        let place = slab.put(Offset(0), event(100));
        let row = slab.get_mut(place).unwrap();
        buffer.identify(RowsMut::Run(std::slice::from_mut(row)));
        assert_eq!(buffer.admit(place, &mut slab), Fate::Accepted);
        buffer.release(&mut slab, false);
        buffer.settle();
        slab.end_pass();
        let mut saved = Vec::new();
        buffer.seal(&slab, &mut saved);
        assert_eq!((saved.len(), buffer.changed()), (1, 0));
        // The clock alone can be derived from the floor.
        assert!(buffer.raise(EventTime::from_micros(200_000_000)));
        assert_eq!(buffer.changed(), changed, "bound {bound}");
        buffer.end();
        assert_eq!(buffer.changed(), 1, "bound {bound}");
    }
}
