//! What a database kept, as a source: the same graph runs over history as over what is live.

mod error;
mod options;
mod page;
mod place;
mod source;
mod stored;
#[cfg(test)]
mod tests;

pub use options::HistoryOptions;
pub use source::HistorySource;
pub use stored::{Stored, StoredTelemetry};

/// The client that a connector gives.
pub use tokio_postgres;
