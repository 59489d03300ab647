//! SQLite: an embedded store that needs no server. One file holds results, positions, state and
//! dead letters.
//!
//! A [`SqliteStore`] is the checkpoint store of a pipeline. Its [tables](SqliteStore::table) are
//! sinks that write in the store's transaction: a row and the position it came from are committed
//! together or not at all. Other processes can read the file with any SQLite tool while a pipeline
//! runs.
//!
//! | table of the file | holds |
//! |---|---|
//! | `positions` | position, fencing token and counts of each partition |
//! | `states` | the state of each key |
//! | `dead_letters` | records and rows that were refused, with reason and bytes |
//! | `tallies` | running totals by name |
//! | `outbox_messages` | messages for topics: see [`outbox`](crate::outbox) |
//! | `relay_leases` | who relays messages and dead letters |
//! | `log_heads`, `log_rows`, `log_readers` | logs: see [`store_log`](crate::store_log) |
//! | `result_tables` | the names of the result tables |
//! | `run_columns` | columns that differ between runs over one input: [`WALL_CLOCK_COLUMNS`] |
//! | one for each [`SqliteStore::table`] | results |
//!
//! # Examples
//!
//! Two pipelines may share a file, and each is continued by its name:
//! ```
//! use fleet_core::event::Alert;
//! use fleet_sinks::sqlite::{Durability, SqliteOptions, SqliteStore};
//!
//! let folder = tempfile::tempdir().unwrap();
//! let file = folder.path().join("fleet.db");
//! let alerts = SqliteStore::open(&file, "alerts")?.table::<Alert>("alerts")?;
//! assert_eq!(alerts.name(), "alerts");
//!
//! let options = SqliteOptions { durability: Durability::Normal, ..SqliteOptions::default() };
//! let reports = SqliteStore::open_with(&file, "reports", options)?;
//! assert_eq!(reports.summary()?.partitions, 0);
//! # Ok::<(), fleet_core::Error>(())
//! ```

mod backlog;
mod beside;
mod claim;
mod commit;
mod dead_letter_rows;
mod dead_letters;
mod error;
mod insert;
mod lease;
mod options;
mod outbox;
mod schema;
mod store;
mod store_log;
mod store_summary;
mod table;
#[cfg(test)]
mod tests;
mod tx;
mod wipe;

pub use crate::Indexes;
pub use backlog::SqliteBacklog;
pub use options::{Durability, SqliteOptions};
pub use outbox::SqliteOutbox;
pub use schema::WALL_CLOCK_COLUMNS;
pub use store::SqliteStore;
pub use store_log::SqliteLog;
pub use table::SqliteTable;
pub use tx::SqliteTx;
#[cfg(feature = "files")]
pub(crate) use wipe::WipeScope;

/// The client library, for your own sinks on the connection of a [`SqliteTx`].
pub use rusqlite;
