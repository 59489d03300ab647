//! PostgreSQL: the server for many readers. Results land in one transaction with positions, state and dead letters.
//!
//! | part | what it is |
//! |---|---|
//! | [`Database`] | a pool of connections, with deadlines, encryption and clean recycling |
//! | [`PostgresStore`] | the checkpoint store of a pipeline, in the schema `fleet_stream` |
//! | [`PostgresTable`], [`PostgresSink`] | a table as a sink: exactly once with the store, at least once beside another |
//! | [`Landing`] | whether a row is appended, replaces another one, or is added to it |
//! | [`PostgresConnection`], [`PostgresTransaction`] | one connection of it, also for statements of one's own |
//! | [`migrations`] | the tables, made and changed by numbered files |
//! | [`tenancy`] | who sees what: scopes, and a check that the database keeps to them |
//! | [`queries`] | what dashboards ask, inside a scope |

mod connection;
mod database;
mod error;
mod kept;
pub mod migrations;
mod options;
pub mod queries;
mod session;
mod sqlstate;
mod store;
mod table;
pub mod tenancy;
mod text;
mod tls;
mod transaction;
mod url;
mod version;

#[cfg(test)]
mod tests;

pub use connection::PostgresConnection;
pub use database::Database;
pub use options::{PostgresOptions, Tls};
pub use store::PostgresStore;
pub use table::{Landing, PostgresSink, PostgresTable, TableOptions};
pub use transaction::PostgresTransaction;

/// The client whose connections sinks and queries of one's own use.
pub use tokio_postgres;
