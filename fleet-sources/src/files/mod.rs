//! Recorded events: NDJSON and CSV files, plain or gzip, and standard input.
//!
//! [`FileSource`] reads them; everything below it is a state machine without clock or thread, which one
//! thread drives, so that a slow disk or a silent pipe never holds up a pipeline.

mod beginning;
mod error;
mod identity;
mod input;
mod open;
mod options;
mod reader;
mod records;
mod source;
mod stream;
#[cfg(test)]
mod tests;
mod thread;

pub use input::Input;
pub use open::InputHeader;
pub use options::{AtEnd, FileOptions, Format};
pub use source::FileSource;
