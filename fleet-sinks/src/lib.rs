//! Sinks for streams of vehicle data: tables and files that commit the position of the input
//! together with the rows.
//!
//! A stream processor that writes results first and its input position later repeats results after
//! a crash; one that does it the other way round loses them. The stores of this crate write both in
//! one transaction, so a pipeline that restarts continues exactly where its results end.
//!
//! # Sinks and stores
//!
//! | sink | feature | used with | each row is written |
//! |---|---|---|---|
//! | `sqlite::SqliteTable` | `sqlite` | `sqlite::SqliteStore` | exactly once |
//! | `files::FileTable` | `files` and `sqlite` | `files::FileStore` | exactly once |
//! | `postgres::PostgresTable` | `postgres` | `postgres::PostgresStore` | exactly once |
//! | `files::NdjsonFile`, `files::CsvFile` | `files` | any store | at least once |
//! | `postgres::PostgresSink` | `postgres` | any store | at least once |
//! | `kafka::KafkaTopic` | `kafka` | `kafka::KafkaStore` | exactly once |
//! | `kafka::KafkaSink` | `kafka` | any store | at least once |
//! | `sqlite::SqliteOutbox` and `kafka::Relay` | `sqlite`, `kafka` | `sqlite::SqliteStore` | at least once, by its id |
//! | `postgres::PostgresOutbox` and `kafka::Relay` | `postgres`, `kafka` | `postgres::PostgresStore` | at least once, by its id |
//! | `sqlite::SqliteLog` | `sqlite` | `sqlite::SqliteStore` | exactly once, for another pipeline |
//! | `postgres::PostgresLog` | `postgres` | `postgres::PostgresStore` | exactly once, for another pipeline |
//! | [`Null`] | | any store | never |
//!
//! Which store to choose is the subject of [`stores`].
//!
//! After a crash, an at-least-once sink may write the rows since the last commit again.
//!
//! A sink that is used with its own store implements
//! [`TransactionalSink`](fleet_core::sink::TransactionalSink); the others implement
//! [`Sink`](fleet_core::sink::Sink). A row type describes its columns once, as a
//! [`TableRow`](fleet_core::TableRow), and every sink uses that description: a SQLite table, a CSV
//! header and a PostgreSQL `COPY` all have the same columns in the same order. A row that does not
//! fit its columns becomes a dead letter; the rows around it are written.
//!
//! A `store_log` is sink and source in one: the results of a pipeline as the input of another,
//! under another key.
//!
//! # Features
//!
//! Each outside system is one feature, and none is on by default.
//!
//! - `sqlite`: an embedded store in a single file. Compiles SQLite in, which needs a C compiler.
//! - `files`: NDJSON and CSV files, without further dependencies. Together with `sqlite` it adds
//!   `files::FileStore`.
//! - `kafka`: topics of Apache Kafka. Compiles librdkafka, which needs a C compiler and make.
//! - `kafka-tls`: TLS and logins for them. Compiles OpenSSL, which also needs perl; with
//!   `OPENSSL_NO_VENDOR=1` the one of the system is linked.
//! - `kafka-zstd`: compression by zstd, which is compiled in.
//! - `postgres`: PostgreSQL 15 or newer, over TLS by rustls; also the schema of a fleet with
//!   tenants, row-level security and the queries of dashboards.
//!
//! # Who may depend on whom
//!
//! This crate depends on `fleet-core` and on no other crate of the workspace. Of its modules
//! `files` uses `sqlite`, which holds its positions; `kafka` and `postgres` are independent of
//! both. `store_log` and `outbox` know no store.
//!
//! # Examples
//!
//! Telemetry is written to a table of an embedded store, each row exactly once:
//! ```
//! # #[cfg(feature = "sqlite")] {
//! use fleet_core::{
//!     EventTime, Graph, Order, Pipeline, VehicleId, decode::Typed, event::Telemetry,
//!     testing::Scripted,
//! };
//! use fleet_sinks::SqliteStore;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! let event = Telemetry::new(VehicleId::new("car-1").unwrap(), EventTime::MIN);
//! let source = Scripted::of_events("telemetry/0", [event]);
//! let (graph, telemetry) = Graph::new();
//!
//! let store = SqliteStore::open_in_memory("demo")?;
//! let table = store.table::<Telemetry>("telemetry")?;
//! Pipeline::exactly_once(source, Typed::default(), Order::default(), graph, store.clone())
//!     .store("telemetry", telemetry, table)
//!     .run()
//!     .await?;
//!
//! let summary = store.summary()?;
//! assert!(summary.ended);
//! assert_eq!(summary.tables["telemetry"], 1);
//! # Ok::<(), fleet_core::Error>(())
//! # }).unwrap();
//! # }
//! ```

#[cfg(any(
    feature = "sqlite",
    feature = "files",
    feature = "kafka",
    feature = "postgres"
))]
mod check;
#[cfg(feature = "files")]
pub mod files;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod indexes;
#[cfg(feature = "kafka")]
pub mod kafka;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod log_report;
#[cfg(any(feature = "sqlite", feature = "kafka", feature = "postgres"))]
pub mod outbox;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "sqlite")]
pub mod sqlite;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub mod store_log;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod store_report;
#[cfg(any(feature = "sqlite", feature = "kafka", feature = "postgres"))]
mod stored_dead_letter;
pub mod stores;
#[cfg(test)]
#[cfg(any(
    feature = "sqlite",
    feature = "files",
    feature = "kafka",
    feature = "postgres"
))]
mod testing;

#[cfg(all(feature = "files", feature = "sqlite"))]
pub use files::FileStore;
#[cfg(feature = "files")]
pub use files::{CsvFile, NdjsonFile};
pub use fleet_core::sink::Null;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use indexes::Indexes;
#[cfg(feature = "kafka")]
pub use kafka::KafkaSink;
#[cfg(feature = "postgres")]
pub use postgres::{PostgresSink, PostgresStore, PostgresTable};
#[cfg(feature = "sqlite")]
pub use sqlite::{Durability, SqliteOptions, SqliteStore, SqliteTable};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use store_report::{Exported, RefusalClass, StoreSummary};
#[cfg(any(feature = "sqlite", feature = "kafka", feature = "postgres"))]
pub use stored_dead_letter::StoredDeadLetter;
