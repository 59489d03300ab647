//! PostgreSQL: the server for many readers. Results land in one transaction with positions, state and dead letters.
//!
//! | part | what it is |
//! |---|---|
//! | [`Database`] | a pool of connections, with deadlines, encryption and clean recycling |
//! | [`PostgresStore`] | the checkpoint store of a pipeline, in the schema `fleet_stream` |
//! | [`PostgresConnection`], [`PostgresTransaction`] | one connection of it, also for statements of one's own |

mod connection;
mod database;
mod error;
mod options;
mod session;
mod sqlstate;
mod store;
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
pub use transaction::PostgresTransaction;

/// The client whose connections sinks and queries of one's own use.
pub use tokio_postgres;
