//! Event model, contracts and engine for streams of vehicle events.
//!
//! A [`Source`] yields the events of many vehicles. They pass once through a [`Graph`] of pure
//! [operators](Operator). Sinks commit the results together with the input position they came from,
//! so no event is lost and none is counted twice.
//!
//! # Examples
//! Alerts of vehicles that drive faster than 80 km/h, collected in memory:
#![cfg_attr(feature = "testing", doc = "```")]
#![cfg_attr(not(feature = "testing"), doc = "```ignore")]
//! use fleet_core::{
//!     EventTime, Graph, MemoryStore, Order, Pipeline, VehicleId, decode::Typed, event::Telemetry,
//!     testing::Scripted, units::Speed,
//! };
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
//! let event = |second: i64, kmh| {
//!     let car = VehicleId::new("car-1").unwrap();
//!     let at = EventTime::from_micros(second * 1_000_000);
//!     Telemetry::new(car, at).with_speed(Speed::from_kmh(kmh))
//! };
//! let (mut graph, telemetry) = Graph::new();
//! let is_fast = |event: &Telemetry| event.speed().is_some_and(|v| v.as_kmh() > 80.0);
//! let fast = graph.filter("fast", telemetry, is_fast);
//!
//! let source = Scripted::of_events("trip", [event(1, 50.0), event(2, 92.5)]);
//! let store = MemoryStore::default();
//! let order = Order::default();
//! let report = Pipeline::exactly_once(source, Typed::default(), order, graph, store.clone())
//!     .store("fast", fast, store.table("fast"))
//!     .run()
//!     .await?;
//! assert!(report.balances());
//! assert_eq!(store.rows()["fast"].len(), 1);
//! # Ok::<(), fleet_core::Error>(()) })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where to go next
//! - [`Pipeline`] connects source, decoder, graph, store and sinks, and runs them.
//! - [`Operator`] is the extension point for rules, windows and scores; [`window`] has windows.
//! - [`Source`], [`sink::Sink`] and [`sink::TransactionalSink`] connect other systems. Their
//!   implementations are annotated with `#[async_trait]` of the crate `async-trait`.
//! - [`dialect`] decodes the messages of the supported systems, and JSON and CSV of yours.
//! - [`event`] is the event model; [`units`] has its quantities.
//!
//! # Features
//! | feature | adds |
//! |---|---|
//! | `driver` (default) | [`Pipeline`], on tokio and rayon |
//! | `zip` (part of `driver`) | several logs as one |
//! | `csv` | CSV by column map |
//! | `futures` | adapters for the streams and sinks of the `futures` crates |
//! | `metrics` | metrics for any exporter of the `metrics` crate |
//! | `testing` | a harness, injected faults, conformance suites |
//!
//! The other crates of the workspace depend on this one and never on each other.

#![cfg_attr(
    not(feature = "driver"),
    expect(dead_code, reason = "only the driver uses tasks and the committer")
)]

mod contracts;
mod data;
pub mod dialect;
mod engine;
pub mod event;
#[cfg(feature = "futures")]
pub mod futures;
#[cfg(feature = "driver")]
pub mod pipeline;
mod planted;
mod rows;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
pub mod window;
#[cfg(feature = "zip")]
pub mod zip;

pub use contracts::{
    BoxStore, BoxTx, Decode, MemoryStore, MemoryTable, MemoryTx, Operator, Source, checkpoint,
    decode, operator, sink, source,
};
pub use data::{
    CommandId, ContentId, DriverId, Error, ErrorKind, EventTime, FleetId, GeoPoint, IdError,
    MAX_ID_BYTES, MissionId, Offset, Partition, Result, State, TableRow, TripId, VehicleId, state,
    table, time, units,
};
pub use engine::{
    graph,
    graph::{Graph, Stream},
    order::Order,
};
pub use event::{Event, odometry};
#[cfg(feature = "driver")]
pub use pipeline::Pipeline;
pub use rows::{Row, row};
