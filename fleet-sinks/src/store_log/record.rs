//! The payload of the source: rows of one lane.

use std::{ops::Range, sync::Arc};

use fleet_core::{EventTime, Offset};

/// One row of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRecord {
    /// Its number in its lane.
    pub offset: Offset,
    /// The key, in UTF-8.
    pub key: Vec<u8>,
    /// The event time of the row, which is its log time for the reader.
    pub at: EventTime,
    /// The row as JSON.
    pub body: Vec<u8>,
}

impl LogRecord {
    /// The bytes of key and body.
    #[cfg(feature = "sqlite")]
    pub(crate) fn size(&self) -> usize {
        self.key.len() + self.body.len()
    }
}

/// Rows of one lane, in the order of their numbers.
///
/// Clones share the rows.
///
/// # Examples
/// ```
/// use fleet_core::{EventTime, Offset};
/// use fleet_sinks::store_log::{LogRecord, LogRecords};
/// let record = |n| LogRecord {
///     offset: Offset(n), key: b"driver-1".to_vec(), at: EventTime::MIN, body: b"{}".to_vec(),
/// };
/// let parts = LogRecords::new((0..5).map(record).collect()).divide(2);
/// assert_eq!(parts.iter().map(LogRecords::len).collect::<Vec<_>>(), [3, 2]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct LogRecords {
    records: Arc<Vec<LogRecord>>,
    range: Range<usize>,
}

impl LogRecords {
    /// These rows.
    pub fn new(records: Vec<LogRecord>) -> Self {
        Self {
            range: 0..records.len(),
            records: Arc::new(records),
        }
    }

    /// The rows.
    pub fn iter(&self) -> impl Iterator<Item = &LogRecord> {
        self.as_slice().iter()
    }

    fn as_slice(&self) -> &[LogRecord] {
        self.records.get(self.range.clone()).unwrap_or_default()
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.as_slice().len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }

    /// Splits the rows into up to `parts` payloads of similar numbers, in order.
    #[must_use]
    pub fn divide(self, parts: usize) -> Vec<Self> {
        let each = self.range.len().div_ceil(parts.max(1)).max(1);
        let starts = self.range.clone().step_by(each);
        let part = |start: usize| Self {
            records: Arc::clone(&self.records),
            range: start..(start + each).min(self.range.end),
        };
        starts.map(part).collect()
    }
}
