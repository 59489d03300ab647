//! PostgreSQL: the server for many readers. Results land in one transaction with positions, state and dead letters.
//!
//! | part | what it is |
//! |---|---|
//! | [`Database`] | a pool of connections, with deadlines, encryption and clean recycling |
//! | [`PostgresStore`] | the checkpoint store of a pipeline, in the schema `fleet_stream` |
//! | [`PostgresTable`], [`PostgresSink`] | a table as a sink: exactly once with the store, at least once beside another |
//! | [`WriteMode`] | whether a row is appended, replaces another one, or is added to it |
//! | [`PostgresConnection`], [`PostgresTransaction`] | one connection of it, also for statements of one's own |
//! | [`migrations`] | the tables, made and changed by numbered files |
//! | [`tenancy`] | who sees what: scopes, and a check that the database keeps to them |
//! | [`queries`] | what dashboards ask, inside a scope |

mod connect;
mod fleet;
mod migrate;
mod store;
mod table;
#[cfg(test)]
mod tests;

pub use connect::{Database, PostgresConnection, PostgresOptions, PostgresTransaction, Tls};
pub use fleet::{migrations, queries, tenancy};
pub use store::PostgresStore;
pub use table::{PostgresSink, PostgresTable, TableOptions, WriteMode};

/// The client whose connections sinks and queries of one's own use.
pub use tokio_postgres;
