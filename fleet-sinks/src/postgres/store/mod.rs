//! The checkpoint store: positions, state, dead letters and totals, committed in one transaction
//! with the rows.

mod checkpoints;
mod claim;
mod commit;
mod dead_letter_rows;
mod dead_letters;
mod error;
mod log;
pub(in crate::postgres) mod schema;
mod states;
mod store_summary;
mod tables;
mod text;
mod wipe;

pub use checkpoints::PostgresStore;
