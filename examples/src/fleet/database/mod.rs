//! Reading the results back: the same queries on a SQLite file and on a PostgreSQL server.

mod choice;
mod reader;
mod row;

pub(crate) use choice::DatabaseChoice;
pub(crate) use reader::Database;
