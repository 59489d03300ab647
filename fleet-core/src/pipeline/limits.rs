use std::time::Duration;

/// When an epoch is closed and committed: at whichever limit is reached first.
///
/// One epoch is computed while the one before it is committed: up to twice this waits in memory. When both
/// are full, partitions are paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochLimits {
    /// Records read.
    pub rows: u64,
    /// Rows waiting for their sinks, all together.
    pub results: usize,
    /// What waits, bytes: those rows by the size of their type, and dead letters.
    pub bytes: usize,
    /// Time since the first of them.
    pub interval: Duration,
}

impl Default for EpochLimits {
    /// 262,144 records, 131,072 results, 32 MiB, 500 ms. Our choice: past this a commit's fixed cost no longer
    /// shows, and what a crash repeats stays under a second.
    fn default() -> Self {
        Self {
            rows: 262_144,
            results: 131_072,
            bytes: 32 << 20,
            interval: Duration::from_millis(500),
        }
    }
}
