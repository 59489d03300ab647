//! The checkpoint store: positions, state, dead letters and totals, committed in one transaction
//! with the rows.

mod backlog;
mod checkpoints;
mod claim;
mod commit;
mod dead_letter_rows;
mod dead_letters;
mod error;
mod log;
mod outbox;
pub(in crate::postgres) mod schema;
mod states;
mod store_log;
mod store_summary;
mod tables;
mod text;
mod waiting_sql;
mod wipe;

pub use backlog::PostgresBacklog;
pub use checkpoints::PostgresStore;
pub use outbox::PostgresOutbox;
pub use store_log::PostgresLog;
