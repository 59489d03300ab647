//! A source of stored telemetry: run a graph again over what a database recorded.
//!
//! [`HistorySource`] reads a PostgreSQL table or view of telemetry in the order of time, page by
//! page, and [`HistoryDecoder`] decodes its rows. A graph that runs over live events runs over
//! history unchanged: to try a new rule on last month, or to rebuild results.
//!
//! # Guarantees
//! - Bounded: one tenant, one span of at most 814 days.
//! - Replayable: offsets depend on the rows' times and keys alone, so a pipeline resumes after a
//!   crash at the row where its last commit ended.
//! - Memory holds one page of at most [`HistoryOptions::page_rows`] rows.
//! - A row with an unacceptable value becomes a dead letter, never an error.
//!
//! # Examples
//! Select a month; [`HistorySource`] shows a whole pipeline.
//! ```
//! use fleet_core::{Error, ErrorKind, EventTime};
//! use fleet_sources::{HistoryOptions, HistorySource};
//!
//! let [from, to] = ["2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"].map(EventTime::parse);
//! let options = HistoryOptions::new("fleet.v_telemetry", "acme", from?, to?);
//! // A real one connects here.
//! let connect = || async { Err(Error::new(ErrorKind::Source, "no server here")) };
//! let source = HistorySource::new(connect, options)?;
//! let name = source.partition().as_str();
//! assert!(name.starts_with("history:fleet.v_telemetry:acme@2026-01-01"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Errors
//! Options that cannot work are refused with kind [`Config`](fleet_core::ErrorKind::Config) before
//! anything is read. Later errors have kind [`Source`](fleet_core::ErrorKind::Source); those that
//! may pass are retryable.

mod decode;
mod error;
mod options;
mod page;
mod row_offset;
mod source;
#[cfg(test)]
mod tests;

pub use decode::{HistoryDecoder, HistoryRow};
pub use options::HistoryOptions;
pub use source::HistorySource;

/// The PostgreSQL client in the API of [`HistorySource`], at the version this crate uses.
pub use tokio_postgres;
