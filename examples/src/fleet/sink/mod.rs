//! Where results go: the `--sink` argument, and the stores behind it.

mod choice;
mod destination;

pub(crate) use choice::SinkChoice;
pub(crate) use destination::{
    Destination, FileDestination, NullDestination, PostgresDestination, SqliteDestination,
};
