//! Options of a log and of its source.

use std::time::Duration;

use fleet_core::Result;

use super::error::LogError;
use crate::outbox::topic_name_refusal;

/// The most lanes. Our choice: as many partitions as one process can own without delay; each writer
/// locks one row for each lane.
const MOST_LANES: u32 = 256;

/// Options of a log.
///
/// # Examples
/// ```
/// use fleet_sinks::store_log::LogOptions;
/// let options = LogOptions { most_waiting: 10_000, ..LogOptions::default() };
/// assert_eq!(options.lanes, 8);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogOptions {
    /// The number of lanes, from 1 to 256: the partitions of the source, and so the most tasks that
    /// read in parallel. It is fixed when the log is made, because the lane of a key follows from
    /// it. Default: 8, our choice: enough for the cores of one machine, and few enough that a look
    /// at all of them is one small query.
    pub lanes: u32,
    /// How many rows may wait for the slowest reader. A write to a fuller log
    /// [pauses](fleet_core::Error::pausing) its pipeline until the reader has moved on. The rows of
    /// one commit may exceed it. Default: 1,000,000, our choice: some hundred megabytes.
    pub most_waiting: u64,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self {
            lanes: 8,
            most_waiting: 1_000_000,
        }
    }
}

impl LogOptions {
    /// Refuses numbers that cannot be.
    pub(crate) fn check(&self, log: &str) -> Result<()> {
        let (lanes, most) = (self.lanes, self.most_waiting);
        if !(1..=MOST_LANES).contains(&lanes) || most == 0 {
            let log = log.to_owned();
            return Err(LogError::Options { log, lanes, most }.into());
        }
        Ok(())
    }
}

/// Options of a [`LogSource`](super::LogSource).
///
/// # Examples
/// ```
/// use fleet_sinks::store_log::LogSourceOptions;
/// assert!(LogSourceOptions::default().follow && !LogSourceOptions::until_now().follow);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogSourceOptions {
    /// Whether the source waits for more rows when it has caught up. If not, each partition is
    /// [closed](fleet_core::source::SourceEvent::Closed) after the last row that the log held when
    /// the partition was started. Default: `true`.
    pub follow: bool,
    /// The time between two looks at a log that is read to its end. Default: 100 ms, our choice:
    /// ten small queries a second.
    pub poll: Duration,
    /// The most rows of a batch. Default: 2,000, our choice: a few milliseconds of work.
    pub page_rows: usize,
    /// The most bytes of keys and bodies in a batch; one row is there however large it is. Default:
    /// 4 MiB, our choice.
    pub page_bytes: usize,
}

impl Default for LogSourceOptions {
    fn default() -> Self {
        Self {
            follow: true,
            poll: Duration::from_millis(100),
            page_rows: 2_000,
            page_bytes: 4 << 20,
        }
    }
}

impl LogSourceOptions {
    /// Reads what the log holds now, and then closes.
    pub fn until_now() -> Self {
        Self {
            follow: false,
            ..Self::default()
        }
    }
}

/// Why a log or a reader cannot have this name. The rule is that of topics, so that a log can
/// become one.
pub(super) fn log_name_refusal(name: &str) -> Option<&'static str> {
    topic_name_refusal(name)
}
