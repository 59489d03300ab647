use std::time::Duration;

/// When an epoch is closed and committed: at whichever limit is reached first.
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

/// How passing faults of source, sinks and store are retried: with growing, jittered delays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How often one step is tried again before the pipeline stops.
    pub times: usize,
    /// The first delay; each next one is twice as long.
    pub first: Duration,
    /// The longest delay.
    pub longest: Duration,
}

impl Default for Retry {
    /// 10 times from 50 ms to 5 s, about half a minute in all. Our choice: longer than a server's restart.
    fn default() -> Self {
        Self {
            times: 10,
            first: Duration::from_millis(50),
            longest: Duration::from_secs(5),
        }
    }
}

impl Retry {
    /// The delays of one step.
    pub(super) fn delays(self) -> impl Iterator<Item = Duration> + Send {
        use backon::BackoffBuilder;
        backon::ExponentialBuilder::default()
            .with_min_delay(self.first)
            .with_max_delay(self.longest)
            .with_max_times(self.times)
            .with_jitter()
            .build()
    }
}
