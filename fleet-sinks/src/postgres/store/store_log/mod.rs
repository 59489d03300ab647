//! Logs of a database: made, written, read and reported.

mod heads;
mod reader;
mod readers;
mod sink;
mod tenant;

pub(super) use readers::summaries;
pub use sink::PostgresLog;
