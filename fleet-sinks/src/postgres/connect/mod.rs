//! Reaching a server: addresses, encryption, pooled connections and transactions.
//!
//! Nothing here knows of a table.

pub(in crate::postgres) mod cached;
pub(in crate::postgres) mod connection;
mod database;
pub(in crate::postgres) mod error;
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
