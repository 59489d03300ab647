//! What a decoder may say so that the engine can decode in parallel, and survive its panics.
//!
//! A decoder that says nothing is correct: one worker decodes each payload, and a panic stops the
//! pipeline.
//!
//! [`Decode::divide`](super::Decode::divide) splits a payload into up to `parts` parts, for several
//! workers to decode in parallel. Decoding the parts in order must equal decoding the whole.
//! Payloads that are [chunks](crate::source::Chunk::divide) of lines can be divided at any line,
//! unless a line needs what an earlier one said.
//!
//! # Examples
//! ```
//! use fleet_core::{Offset, decode::{Decode, Entry, parallel::{RetryCopy, SingleRecord}}};
//! # use fleet_core::{EventTime, VehicleId, event::Telemetry};
//!
//! /// Each record is a vehicle id.
//! struct Ids;
//! impl Decode<Vec<String>> for Ids {
//!     type Event = Telemetry;
//!     fn decode(&self, payload: Vec<String>, entry: &mut Entry<'_, Telemetry>) {
//!         // ..
//!     }
//!     fn copy_for_retry(&self, payload: &Vec<String>) -> Option<RetryCopy<Vec<String>>> {
//!         let records = |payload: Vec<String>| {
//!             let single = |(at, id): (u64, String)| SingleRecord {
//!                 at: Offset(at),
//!                 place: None,
//!                 raw: id.clone().into_bytes(),
//!                 payload: vec![id],
//!             };
//!             (0..).zip(payload).map(single).collect()
//!         };
//!         Some(RetryCopy { payload: payload.clone(), records })
//!     }
//!     fn divide(&self, mut payload: Vec<String>, parts: usize) -> Vec<Vec<String>> {
//!         let second = payload.split_off(payload.len().div_ceil(parts.min(2)));
//!         vec![payload, second]
//!     }
//! }
//!
//! let copy = Ids.copy_for_retry(&vec!["a".into(), "b".into()]).unwrap();
//! let records = (copy.records)(copy.payload);
//! assert_eq!((records[1].at, &records[1].raw), (Offset(1), &b"b".to_vec()));
//! assert_eq!(Ids.divide(vec!["a".into(), "b".into()], 2).concat(), ["a", "b"]);
//! ```

use crate::data::{InputOffset, Offset};

/// A copy of a payload, decoded record by record if the decoder panics.
///
/// [`Decode::copy_for_retry`](super::Decode::copy_for_retry) returns it. Where
/// [panics are isolated](crate::Pipeline::isolate_panics), it is called before each `decode`, and
/// never otherwise. With a copy, a panic costs the record that caused it, which becomes a dead
/// letter; without one, it stops the pipeline.
#[derive(Clone, Debug)]
pub struct RetryCopy<P> {
    /// The payload.
    pub payload: P,
    /// Splits the payload into its records, in input order.
    pub records: fn(P) -> Vec<SingleRecord<P>>,
}

/// A payload that holds exactly one record.
#[derive(Clone, Debug)]
pub struct SingleRecord<P> {
    /// The offset of the record.
    pub at: Offset,
    /// The input of the partition that holds the record, and the offset there, if the partition has
    /// several inputs.
    pub place: Option<InputOffset>,
    /// The bytes of the record, for its dead letter; empty if it has none.
    pub raw: Vec<u8>,
    /// The payload.
    pub payload: P,
}
