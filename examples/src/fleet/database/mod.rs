//! Reading the results back: the same queries on a SQLite file and on a PostgreSQL server.

mod choice;
#[cfg(feature = "postgres")]
mod postgres;
mod reader;
mod row;
mod sqlite;

pub(crate) use choice::DatabaseChoice;
pub(crate) use reader::Database;
