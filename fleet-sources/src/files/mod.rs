//! Recorded events: NDJSON and CSV files, plain or gzip, and standard input.
//!
//! [`FileSource`] reads them; everything below it is a state machine without clock or thread, which one
//! thread drives, so that a slow disk or a silent pipe never holds up a pipeline.

mod bytes;
mod error;
mod input;
mod open;
mod options;
mod read;
mod source;
#[cfg(test)]
mod tests;

pub use input::Input;
pub use open::opened::InputHeader;
pub use options::{AtEnd, FileOptions, Format};
pub use source::FileSource;
