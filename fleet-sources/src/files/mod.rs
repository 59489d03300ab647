//! A source of recorded events: NDJSON and CSV files, plain or gzip, and standard input.
//!
//! [`FileSource`] emits [`Chunk`](fleet_core::source::Chunk)s of whole records, which a dialect of
//! [`fleet_core::dialect`] decodes. Several inputs form one partition whose offset is a byte, so a
//! pipeline resumes after a crash at the record where its last commit ended.
//!
//! # Layers
//! Each folder or file imports only those before it:
//!
//! | layer | contents |
//! |---|---|
//! | `options`, `error`, `input` | what a caller gives and may get back |
//! | `bytes` | byte streams, decompression, and where records end |
//! | `open` | an opened input: its header, its beginning, its identity |
//! | `read` | a state machine from inputs to chunks, and the thread that drives it |
//! | `source` | [`FileSource`] |
//!
//! Reading runs on a dedicated thread, so a slow disk or a silent pipe never blocks the pipeline.
//! The state machine below it has neither clock nor thread, and tests step it directly.
//!
//! # Guarantees
//! - Replayable: the same records come again from every committed offset, and a changed input is
//!   refused (with one exception, see [`FileSource`]).
//! - Memory is bounded: at most eight chunks wait, and a record over
//!   [`MAX_RECORD_BYTES`](fleet_core::dialect::MAX_RECORD_BYTES) is never held as a whole.
//! - With [`AtEnd::Follow`] the last file may grow while it is read.
//!
//! # Examples
//! Read the header of a CSV file before its first record:
//! ```
//! use fleet_sources::{FileOptions, FileSource, Format, Input};
//! let text = "vehicle,speed\ncar-1,42\n";
//! let input = Input::reader("speeds.csv", text.as_bytes());
//! let source = FileSource::open([input], FileOptions::default().format(Format::Csv))?;
//! assert_eq!(source.headers()[0].bytes(), b"vehicle,speed");
//! # Ok::<(), fleet_core::Error>(())
//! ```
//!
//! # Errors
//! [`FileSource::open`] reports every input that cannot be opened, in one error of kind
//! [`Config`](fleet_core::ErrorKind::Config). Later errors are of kind
//! [`Source`](fleet_core::ErrorKind::Source) and name the input and the byte. None is retryable.

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
