//! Where a pipeline stores its results: the value of `--sink`, and what it opens.

mod choice;
mod destination;
#[cfg(feature = "postgres")]
mod fleet_schema;

pub(crate) use choice::SinkChoice;
pub(crate) use destination::Destination;
