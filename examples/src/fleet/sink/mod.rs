//! Where a pipeline stores its results: the value of `--sink`, and one file for each kind of store.

mod choice;
mod destination;
mod files;
mod null;
mod postgres;
mod sqlite;

pub(crate) use choice::SinkChoice;
pub(crate) use destination::Destination;
pub(crate) use files::FileDestination;
pub(crate) use null::NullDestination;
pub(crate) use postgres::PostgresDestination;
pub(crate) use sqlite::SqliteDestination;
