//! Result tables for any row type: opened or made, checked, and written in batches.

mod batch;
mod catalog;
mod error;
mod keys;
mod options;
mod refusal;
mod result_table;
mod sink;
mod sql;
mod sql_names;
mod wire;
mod writer;

pub use options::{TableOptions, WriteMode};
pub use result_table::PostgresTable;
pub use sink::PostgresSink;
