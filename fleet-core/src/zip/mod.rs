//! Several logs as one: [`Zip`] merges partitions by the time at which their logs took the records.
//!
//! A graph has one key, and one partition holds all events of a key. Where the events of a vehicle
//! are in several topics or files, `Zip` makes one partition of those that belong together, and the
//! pipeline reads it as if everything had been written to one log. Results do not depend on which
//! log is read faster.
//!
//! # Which record comes next
//! Each input counts with its *log time*: the newest time of its records so far. The record with
//! the least log time is next; of equal ones, that of the first input. An input without a record is
//! waited for, unless it has ended, or is *idle*: caught up, and silent for [`Zip::idle`].
//!
//! Files have no log times: [`EventTimes`] gives their lines those of their events, and [`Several`]
//! makes one source of several. A dialect of several kinds, such as
//! [`FleetPipeline`](crate::dialect::FleetPipeline), decodes all inputs to one type of event.
//!
//! # Examples
//! Positions and braking of one vehicle, from two logs:
#![cfg_attr(feature = "testing", doc = "```")]
#![cfg_attr(not(feature = "testing"), doc = "```ignore")]
//! use std::time::Duration;
//! use fleet_core::{
//!     EventTime, Graph, MemoryStore, Order, Partition, Pipeline, VehicleId, decode::Typed,
//!     event::Telemetry, testing::{Log, Scripted}, zip::{Place, Zip, ZipDecoder},
//! };
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
//! let event = |second: i64| {
//!     let at = EventTime::from_micros(second * 1_000_000);
//!     Telemetry::new(VehicleId::new("car-1").unwrap(), at)
//! };
//! let logs = [
//!     Log::new("positions/0", [event(1), event(4)]),
//!     Log::new("braking/0", [event(2), event(3)]),
//! ];
//! let place = |partition: &Partition| {
//!     let (input, number) = partition.as_str().split_once('/')?;
//!     Place::new(format!("all/{number}"), ["positions", "braking"], input)
//! };
//! let source = Zip::new(Scripted::several(logs, []), 2, place);
//! let (graph, events) = Graph::new();
//! let (order, store) = (Order::within(Duration::ZERO), MemoryStore::default());
//! let decode = ZipDecoder::new(Typed::default());
//! let report = Pipeline::exactly_once(source, decode, order, graph, store.clone())
//!     .store("events", events, store.table("events"))
//!     .run()
//!     .await?;
//! // Without a bound of out-of-orderness a row that came behind a later one would be late.
//! assert_eq!((report.counts.accepted, report.counts.late), (4, 0));
//! assert_eq!(report.marks[&"all/0".into()].inputs().len(), 2);
//! # Ok::<(), fleet_core::Error>(()) })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bundle;
mod decode;
mod event_times;
mod handing;
mod input;
mod members;
mod merge;
mod note;
mod payload;
mod place;
mod several;
mod source;
mod status;
mod waiting;

pub use decode::ZipDecoder;
pub use event_times::{EventTimes, TimedChunk};
pub use payload::{Run, ZipPayload, Zipped};
pub use place::Place;
pub use several::Several;
pub use source::Zip;
pub use status::{InputState, InputStatus, ZipWatch};
