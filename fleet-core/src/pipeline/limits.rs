//! The limits at which an epoch is closed and committed.

use std::time::Duration;

/// The limits of an epoch. The first one that is reached closes the epoch, and it is committed.
///
/// One epoch is computed while the previous one is committed, so up to twice these amounts wait in
/// memory. While both are full, the source is [paused](crate::Source::pause).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochLimits {
    /// The number of records read.
    pub records: u64,
    /// The number of rows that wait for all sinks together.
    pub results: usize,
    /// The bytes that wait: those rows, each by the size of its type, and dead letters.
    pub bytes: usize,
    /// The time since the first record.
    pub interval: Duration,
}

impl EpochLimits {
    /// Returns limits that close an epoch as soon as the store is free: each result is committed
    /// as early as it can be. While a commit runs, records gather for the next, so throughput under
    /// load is that of the default.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::pipeline::EpochLimits;
    /// assert!(EpochLimits::eager().interval.is_zero());
    /// ```
    #[must_use]
    pub fn eager() -> Self {
        Self {
            interval: Duration::ZERO,
            ..Self::default()
        }
    }
}

impl Default for EpochLimits {
    /// 262,144 records, 131,072 results, 32 MiB, 500 ms. Our choice: large enough that the fixed
    /// cost of a commit no longer shows, small enough that a crash repeats less than a second of
    /// work.
    fn default() -> Self {
        Self {
            records: 262_144,
            results: 131_072,
            bytes: 32 << 20,
            interval: Duration::from_millis(500),
        }
    }
}
