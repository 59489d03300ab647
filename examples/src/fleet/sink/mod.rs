//! Where a pipeline stores its results: the value of `--sink`, and what it opens.

mod choice;
mod destination;
#[cfg(feature = "postgres")]
mod fleet_schema;
#[cfg(feature = "kafka")]
mod topics;

pub(crate) use choice::SinkChoice;
pub(crate) use destination::Destination;
#[cfg(feature = "kafka")]
pub(crate) use topics::TopicSinks;
