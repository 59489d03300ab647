//! The decoder of events that need no decoding.

use super::{
    contract::Decode,
    entry::Entry,
    parallel::{RetryCopy, SingleRecord},
};
use crate::{data::Offset, event::Event};

/// The decoder for sources that produce typed events and their offsets.
///
/// # Examples
/// ```
/// # use fleet_core::{EventTime, Offset, VehicleId, checkpoint::Fates, event::Telemetry};
/// # use fleet_core::decode::{Decode, Entry, Typed};
/// let event = Telemetry::new(VehicleId::new("car-1").unwrap(), EventTime::MIN);
/// let (mut rows, mut fates) = (Vec::new(), Fates::default());
/// Typed::default().decode(vec![(Offset(0), event)], &mut Entry::new(&mut rows, &mut fates));
/// assert_eq!(rows.len(), 1);
/// ```
#[derive(Debug)]
pub struct Typed<E>(std::marker::PhantomData<fn() -> E>);

impl<E> Default for Typed<E> {
    fn default() -> Self {
        Self(std::marker::PhantomData)
    }
}

impl<E: Event> Decode<Vec<(Offset, E)>> for Typed<E> {
    type Event = E;
    fn decode(&self, payload: Vec<(Offset, E)>, entry: &mut Entry<'_, E>) {
        for (at, event) in payload {
            entry.row(at, event);
        }
    }

    fn copy_for_retry(&self, rows: &Vec<(Offset, E)>) -> Option<RetryCopy<Vec<(Offset, E)>>> {
        Some(RetryCopy {
            payload: rows.clone(),
            records: |rows| {
                let single = |(at, event)| SingleRecord {
                    at,
                    place: None,
                    raw: Vec::new(),
                    payload: vec![(at, event)],
                };
                rows.into_iter().map(single).collect()
            },
        })
    }

    fn divide(&self, rows: Vec<(Offset, E)>, parts: usize) -> Vec<Vec<(Offset, E)>> {
        if parts <= 1 {
            return vec![rows];
        }
        let each = rows.len().div_ceil(parts);
        let mut rows = rows.into_iter();
        let parts = (0..parts).map(|_| rows.by_ref().take(each).collect());
        parts.filter(|part: &Vec<_>| !part.is_empty()).collect()
    }
}
