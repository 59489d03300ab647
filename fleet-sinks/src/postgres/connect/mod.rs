//! Connections to a server: URLs, encryption, pooling, transactions and errors.
//!
//! Nothing in this folder depends on any table.

pub(in crate::postgres) mod cached;
pub(in crate::postgres) mod connection;
mod database;
pub(in crate::postgres) mod error;
mod hung;
pub(in crate::postgres) mod lock;
mod options;
mod session;
pub(in crate::postgres) mod sqlstate;
#[cfg(test)]
mod tests;
mod tls;
mod transaction;
mod url;
mod version;

pub use connection::PostgresConnection;
pub use database::Database;
pub use options::{PostgresOptions, Tls};
pub use transaction::PostgresTransaction;
