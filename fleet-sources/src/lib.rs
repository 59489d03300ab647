//! Sources of vehicle events, one module for each kind of system.
//!
//! A source emits batches of records, each with the offset to resume from. A pipeline of
//! [`fleet_core`] reads them, and commits how far it came.
//!
//! | feature | source | an offset counts |
//! |---|---|---|
//! | `files` | [`FileSource`]: NDJSON and CSV files, gzip, standard input | bytes |
//! | `kafka` | [`KafkaSource`]: topics of Apache Kafka | records of a partition |
//! | `postgres` | [`HistorySource`]: telemetry stored in PostgreSQL | microseconds, then rows |
//! | `simulator` | [`Simulator`]: a simulated fleet, the same for the same seed | bytes |
//!
//! Each source has one partition, but for `KafkaSource`, which has those that its group gives it.
//! No feature is on by default. Two more add to `kafka`: `kafka-tls` brings TLS and logins
//! (it compiles OpenSSL, which needs perl beside the C compiler and make of `kafka`; with
//! `OPENSSL_NO_VENDOR=1` the one of the system is linked), and `kafka-zstd` topics that are
//! compressed by zstd.
//!
//! # Guarantees
//! Every source here is [`Replayable`](fleet_core::source::Replayable): the same records come again
//! from every committed offset, so a pipeline can process each exactly once. Every source passes
//! the conformance suite `fleet_core::testing::conformance::replayable`. Dropping the future of
//! [`next`](fleet_core::Source::next) loses nothing, and memory is bounded.
//!
//! # Examples
//! Count the windows of a simulated fleet:
#![cfg_attr(feature = "simulator", doc = "```")]
#![cfg_attr(not(feature = "simulator"), doc = "```ignore")]
//! use std::time::Duration;
//! use fleet_core::{
//!     Graph, MemoryStore, Order, Pipeline, dialect::VehicleOps, event::Telemetry, sink::Null,
//!     units::Speed, window::{SummaryOf, Tumbling},
//! };
//! use fleet_sources::{Simulator, SimulatorOptions, VehicleOpsModel};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> fleet_core::Result<()> {
//! let options = SimulatorOptions::default().vehicles(3).duration(Duration::from_secs(120));
//! let source = Simulator::new(VehicleOpsModel::default(), VehicleOps::default(), options)?;
//!
//! let (mut graph, telemetry) = Graph::new();
//! let speed = SummaryOf::new(|event: &Telemetry| event.speed().map(Speed::as_kmh));
//! let windows = graph.apply("speed", telemetry, Tumbling::minutes(1).aggregate(speed));
//!
//! let (dialect, order, store) = (VehicleOps::default(), Order::default(), MemoryStore::default());
//! let report = Pipeline::exactly_once(source, dialect, order, graph, store)
//!     .store("speed", windows, Null)
//!     .run()
//!     .await?;
//! assert_eq!(report.tally("sink.speed", "given"), 3 * 2);
//! # Ok(())
//! # }
//! ```
//!
//! # Errors
//! Refused options have kind [`Config`](fleet_core::ErrorKind::Config), failures while reading have
//! kind [`Source`](fleet_core::ErrorKind::Source). Only an error that may pass without help, such
//! as a lost connection, is retryable.
//!
//! # Dependencies
//! This crate depends on `fleet-core` and on no other crate of the workspace. Its modules do not
//! depend on each other.

#[cfg(feature = "files")]
pub mod files;
#[cfg(feature = "kafka")]
pub mod kafka;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "simulator")]
pub mod simulator;

#[cfg(feature = "files")]
pub use files::{AtEnd, FileOptions, FileSource, Format, Input, InputHeader};
#[cfg(feature = "kafka")]
pub use kafka::{
    AddedPartitions, KafkaDecoder, KafkaOptions, KafkaRecord, KafkaRecords, KafkaSource, KeyCheck,
    Protocol, StartAt, TenantCheck, TopicLag, topic_lag,
};
#[cfg(feature = "postgres")]
pub use postgres::{HistoryDecoder, HistoryOptions, HistoryRow, HistorySource};
#[cfg(feature = "simulator")]
pub use simulator::{
    FleetFlowModel, FleetStreamModel, FordModel, Model, Pace, SelfDrivingModel, Simulator,
    SimulatorOptions, VehicleOpsModel,
};
