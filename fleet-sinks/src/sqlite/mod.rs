//! SQLite: the embedded default. One file holds results, positions, state, dead letters and counts.
//!
//! People can read it with any SQLite tool while a pipeline runs:
//!
//! | table | what it holds |
//! |---|---|
//! | `positions` | each partition's position, fence, fates |
//! | `states` | the state of each key |
//! | `dead_letters` | what could not be used, with reason and bytes |
//! | `tallies` | running totals by name |
//! | `result_tables` | the names of the tables below |
//! | `run_columns` | the columns that differ between two runs over the same input: [`WALL_CLOCK_COLUMNS`] |
//! | one for each [`SqliteStore::table`] | results |

mod claim;
mod commit;
mod dead_letters;
mod error;
mod insert;
mod options;
mod schema;
mod store;
mod store_summary;
mod table;
#[cfg(test)]
mod tests;
mod tx;
mod wipe;

pub use crate::Indexes;
pub use options::{Durability, SqliteOptions};
pub use schema::WALL_CLOCK_COLUMNS;
pub use store::SqliteStore;
pub use table::SqliteTable;
pub use tx::SqliteTx;
#[cfg(feature = "files")]
pub(crate) use wipe::WipeScope;

/// The client whose connection a [`SqliteTx`] shows to sinks of one's own.
pub use rusqlite;
