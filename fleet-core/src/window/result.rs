use compact_str::CompactString;

use crate::data::EventTime;

/// The result of one window of one key.
///
/// # Guarantees
/// `(key, start)` names the window. Of its results the one with the highest revision holds, and each
/// replaces the one before: a table keeps it by an upsert, a file by the last line. Batches, crashes and
/// workers change none of them. Without [allowed lateness](crate::Order) every revision is 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Window<T> {
    /// Whose.
    pub key: CompactString,
    /// The first instant of the window.
    pub start: EventTime,
    /// The first instant after the window.
    pub end: EventTime,
    /// 0 for the first result; higher for one that replaces it.
    pub revision: u32,
    /// The result.
    pub value: T,
}
