//! The result of one window.

use compact_str::CompactString;

use crate::data::EventTime;

/// The result of one window of one key.
///
/// # Guarantees
/// `(key, start)` identifies the window. Each of its results replaces the previous one, and the one
/// with the highest revision is final: a table keeps it by an upsert, a file by the last line.
/// Results do not depend on batches, crashes or the number of workers. Without [allowed
/// lateness](crate::Order) every revision is 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Window<T> {
    /// The key.
    pub key: CompactString,
    /// The first instant of the window.
    pub start: EventTime,
    /// The first instant after the window.
    pub end: EventTime,
    /// 0 for the first result, higher for each result that replaces it.
    pub revision: u32,
    /// The result.
    pub value: T,
}
