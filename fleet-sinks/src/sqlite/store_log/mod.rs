//! Logs of a SQLite file: made, written, read and reported.

mod heads;
mod reader;
mod readers;
mod sink;

pub(super) use readers::summaries;
pub use sink::SqliteLog;
