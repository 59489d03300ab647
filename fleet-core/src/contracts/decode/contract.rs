//! The contract of a decoder, which turns payloads into events.

use super::{entry::Entry, parallel::RetryCopy};
use crate::event::Event;

/// Decodes the payloads of a source into events.
///
/// A `Box<dyn Decode<P, Event = E>>` is a decoder, too. Only `decode` is required. The other
/// methods are tuning, which [`parallel`](super::parallel) explains.
///
/// The engine calls `decode` once for each payload, or for each part of one, and again for payloads
/// that a restart or a retry reads again. Several threads may call it at the same time.
///
/// # Guarantees
/// An implementation guarantees:
/// - It makes exactly one [`Entry`] call for each record, in input order. Whatever the bytes are,
///   it neither panics nor skips a record silently.
/// - It is pure: the calls depend on the payload alone. It keeps no state between payloads.
///
/// # Errors
/// There are none: a record that cannot be decoded becomes a dead letter through
/// [`Entry::malformed`]. A panic stops the pipeline, or costs [one record](RetryCopy).
///
/// # Examples
/// ```
/// use fleet_core::{EventTime, Offset, VehicleId, decode::{Decode, Entry}, event::Telemetry};
///
/// /// Each record is a vehicle id.
/// struct Ids;
/// impl Decode<Vec<(Offset, String)>> for Ids {
///     type Event = Telemetry;
///     fn decode(&self, payload: Vec<(Offset, String)>, entry: &mut Entry<'_, Telemetry>) {
///         for (at, id) in payload {
///             match VehicleId::new(&id) {
///                 Ok(id) => entry.row(at, Telemetry::new(id, EventTime::MIN)),
///                 Err(error) => entry.malformed(at, id.as_bytes(), error.to_string()),
///             }
///         }
///     }
/// }
///
/// # use fleet_core::checkpoint::Fates;
/// let (mut rows, mut fates) = (Vec::new(), Fates::default());
/// let payload = vec![(Offset(0), "car-1".into()), (Offset(1), String::new())];
/// Ids.decode(payload, &mut Entry::new(&mut rows, &mut fates));
/// assert_eq!((rows.len(), fates.counts.dead_lettered), (1, 1));
/// ```
pub trait Decode<P>: Send + Sync + 'static {
    /// The event type.
    type Event: Event;

    /// Decodes all records of a payload.
    fn decode(&self, payload: P, entry: &mut Entry<'_, Self::Event>);

    /// Returns a copy that is decoded [record by record](RetryCopy) if [`decode`](Self::decode)
    /// panics. Default: `None`.
    fn copy_for_retry(&self, payload: &P) -> Option<RetryCopy<P>> {
        let _ = payload;
        None
    }

    /// Returns the payload in up to `parts` parts, for [several workers](super::parallel). Default:
    /// whole.
    fn divide(&self, payload: P, parts: usize) -> Vec<P> {
        let _ = parts;
        vec![payload]
    }
}

impl<P: Send + 'static, E: Event> Decode<P> for Box<dyn Decode<P, Event = E>> {
    type Event = E;

    fn decode(&self, payload: P, entry: &mut Entry<'_, E>) {
        (**self).decode(payload, entry);
    }
    fn copy_for_retry(&self, payload: &P) -> Option<RetryCopy<P>> {
        (**self).copy_for_retry(payload)
    }
    fn divide(&self, payload: P, parts: usize) -> Vec<P> {
        (**self).divide(payload, parts)
    }
}
