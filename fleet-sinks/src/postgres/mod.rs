//! PostgreSQL: results on a server for many readers, committed together with positions and state.
//!
//! A [`Database`] is a pool of connections. A [`PostgresStore`] on it is the checkpoint store of
//! one pipeline, and its tables are sinks that write in the store's transaction: a row and the
//! position it came from are committed together or not at all.
//!
//! | type or module | purpose |
//! |---|---|
//! | [`Database`] | a pool of connections with deadlines, encryption and cleaning |
//! | [`PostgresConnection`], [`PostgresTransaction`] | for your own statements |
//! | [`PostgresTable`], [`PostgresSink`] | a table as a sink, exactly once or at least once |
//! | [`WriteMode`] | whether a row is appended, replaces another, or is added to it |
//! | [`PostgresStore`] | the checkpoint store of a pipeline, in the schema `fleet_stream` |
//! | [`PostgresOutbox`], [`PostgresBacklog`] | messages for topics, and what waits to be relayed |
//! | [`PostgresLog`] | a log that another pipeline reads: see [`store_log`](crate::store_log) |
//! | [`migrations`] | numbered SQL files that make and change the tables |
//! | [`tenancy`] | which rows a transaction sees, and a check that the database enforces it |
//! | [`queries`] | the queries of dashboards, each within a scope |
//!
//! # Layers
//!
//! Each folder uses only those above it in this list:
//!
//! | folder | holds |
//! |---|---|
//! | `connect/` | URLs, TLS, pooled connections, transactions, and what each SQLSTATE leads to |
//! | `migrate/` | applies numbered SQL files, each once |
//! | `table/` | result tables for any row type |
//! | `store/` | the checkpoint store and its tables |
//! | `fleet/` | the schema of a fleet: migrations from V2 on, tenancy and queries |
//!
//! # Examples
//!
//! ```no_run
//! use fleet_core::{Graph, Order, Pipeline, decode::Typed, event::Telemetry, testing::Scripted};
//! use fleet_sinks::postgres::{Database, PostgresOptions, PostgresStore};
//!
//! # async fn example(source: Scripted<Telemetry>) -> fleet_core::Result<()> {
//! let url = "postgres://fleet:secret@db.example.org/fleet";
//! let database = Database::connect(url, PostgresOptions::default()).await?;
//! let store = PostgresStore::open(&database, "demo").await?;
//! let table = store.table::<Telemetry>("telemetry").await?;
//!
//! let (graph, telemetry) = Graph::new();
//! Pipeline::exactly_once(source, Typed::default(), Order::default(), graph, store)
//!     .store("telemetry", telemetry, table)
//!     .run()
//!     .await?;
//! # Ok(()) }
//! ```

mod connect;
mod fleet;
mod migrate;
mod store;
mod table;
#[cfg(test)]
mod tests;

pub use connect::{Database, PostgresConnection, PostgresOptions, PostgresTransaction, Tls};
pub use fleet::{migrations, queries, tenancy};
pub use store::{PostgresBacklog, PostgresLog, PostgresOutbox, PostgresStore};
pub use table::{PostgresSink, PostgresTable, TableOptions, WriteMode};

/// The client library, for your own statements on a [`PostgresConnection`].
pub use tokio_postgres;
