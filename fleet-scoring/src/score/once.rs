//! Leaves repeated events out where no pipeline does.

use std::collections::HashSet;

use fleet_core::{Event, EventTime};

/// Finds events that repeat an earlier one: of the same key and time, with the same content.
///
/// A pipeline leaves repeated events out by itself; see [`Order`](fleet_core::Order). Code that
/// reads events without one asks this type, and counts the same.
///
/// # Cost
/// Remembers every event, about 60 bytes and its key.
///
/// # Examples
/// ```
/// use fleet_core::{EventTime, VehicleId, event::Telemetry, units::Speed};
/// use fleet_scoring::score::Once;
/// let row = |kmh| {
///     let car = VehicleId::new("car-1").unwrap();
///     Telemetry::new(car, EventTime::MIN).with_speed(Speed::from_kmh(kmh))
/// };
/// let mut once = Once::default();
/// assert!(once.is_new(&row(50.0)));
/// assert!(!once.is_new(&row(50.0)));
/// assert!(once.is_new(&row(51.0)), "another reading at the same time");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Once {
    seen: HashSet<(Box<str>, EventTime, u64)>,
}

impl Once {
    /// Whether the event is new. It is remembered.
    pub fn is_new(&mut self, event: &impl Event) -> bool {
        self.seen
            .insert((event.key().into(), event.at(), event.identity()))
    }
}

/// Sorts events by time, ties by content, and removes those that repeat another: the order and the
/// choice of a pipeline.
///
/// # Cost
/// Looks at the content of events of one time alone, and needs no memory beside the events.
///
/// # Examples
/// ```
/// use fleet_core::{EventTime, VehicleId, event::Telemetry, units::Speed};
/// use fleet_scoring::score::sort_once;
/// let row = |second: i64, kmh| {
///     let at = EventTime::from_micros(second * 1_000_000);
///     Telemetry::new(VehicleId::new("car-1").unwrap(), at).with_speed(Speed::from_kmh(kmh))
/// };
/// let mut rows = vec![row(2, 50.0), row(1, 40.0), row(2, 51.0), row(2, 50.0)];
/// sort_once(&mut rows);
/// assert_eq!((rows.len(), &rows[0]), (3, &row(1, 40.0)));
/// ```
pub fn sort_once<E: Event>(events: &mut Vec<E>) {
    let content = |event: &E| event.identity();
    events.sort_by(|one, other| {
        let times = one.at().cmp(&other.at());
        times.then_with(|| {
            content(one)
                .cmp(&content(other))
                .then_with(|| one.key().cmp(other.key()))
        })
    });
    events.dedup_by(|one, other| {
        one.at() == other.at() && one.key() == other.key() && content(one) == content(other)
    });
}
