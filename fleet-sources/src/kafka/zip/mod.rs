//! Several topics as one log: partitions of one number become one partition.

mod open;
mod partitioner;
mod topics;

pub use open::{ZipOptions, zip_topics};
