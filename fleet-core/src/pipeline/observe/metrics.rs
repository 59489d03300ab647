//! Every metric that a pipeline records.
//!
//! Each has the label `pipeline`, the pipeline's [name](crate::Pipeline::named). Counters start at
//! 0 in each run; totals over all runs are in [`Health`](super::Health) and in the
//! [`Report`](crate::pipeline::Report).

use super::metric::{
    Kind::{Counter, Gauge, Histogram},
    Metric,
    Unit::{Bytes, Count, Seconds},
};

/// All metrics.
pub const METRICS: [Metric; 22] = [
    RECORDS,
    DEAD_LETTERS,
    SINK_ROWS,
    NODE_ROWS_IN,
    NODE_ROWS_OUT,
    NODE_SECONDS,
    EPOCH_SECONDS,
    COMMIT_SECONDS,
    COMMITS,
    FENCED,
    UNOWNED_BATCHES,
    RETRIES,
    LAG,
    LAG_SECONDS,
    KEYS,
    PARTITIONS,
    REBALANCES,
    RESTORING,
    PAUSE_SECONDS,
    HELD_ROWS,
    WAITING_ROWS,
    WAITING_BYTES,
];

/// `fleet_records_total`: by `fate`, which is `accepted`, `filtered`, `dead_lettered`, `late` or
/// `duplicate`.
pub const RECORDS: Metric = Metric::new(
    Counter,
    Count,
    "fleet_records_total",
    &["fate"],
    "records committed, by fate",
);

/// `fleet_dead_letters_total`: by `stage`, the [step](crate::checkpoint::DeadLetter::step) that
/// refused the record or row.
pub const DEAD_LETTERS: Metric = Metric::new(
    Counter,
    Count,
    "fleet_dead_letters_total",
    &["stage"],
    "records and rows that could not be processed, by the step that refused them",
);

/// `fleet_sink_rows_total`: by `sink` and `outcome`, which is `written` or `dead_lettered`.
pub const SINK_ROWS: Metric = Metric::new(
    Counter,
    Count,
    "fleet_sink_rows_total",
    &["sink", "outcome"],
    "rows committed, by sink and outcome",
);

/// `fleet_node_rows_in_total`: by `node`.
pub const NODE_ROWS_IN: Metric = Metric::new(
    Counter,
    Count,
    "fleet_node_rows_in_total",
    &["node"],
    "rows that a node of the graph received",
);

/// `fleet_node_rows_out_total`: by `node`.
pub const NODE_ROWS_OUT: Metric = Metric::new(
    Counter,
    Count,
    "fleet_node_rows_out_total",
    &["node"],
    "rows that a node of the graph emitted",
);

/// `fleet_node_seconds`: by `node`, one value for each epoch and partition.
pub const NODE_SECONDS: Metric = Metric::new(
    Histogram,
    Seconds,
    "fleet_node_seconds",
    &["node"],
    "time spent in a node of the graph in one epoch, summed over all workers",
);

/// `fleet_epoch_seconds`.
pub const EPOCH_SECONDS: Metric = Metric::new(
    Histogram,
    Seconds,
    "fleet_epoch_seconds",
    &[],
    "time from the first record of an epoch until it was sealed",
);

/// `fleet_commit_seconds`.
pub const COMMIT_SECONDS: Metric = Metric::new(
    Histogram,
    Seconds,
    "fleet_commit_seconds",
    &[],
    "time from the seal of an epoch until it was committed, retries included",
);

/// `fleet_commits_total`: by `partition`.
pub const COMMITS: Metric = Metric::new(
    Counter,
    Count,
    "fleet_commits_total",
    &["partition"],
    "commits that succeeded",
);

/// `fleet_fenced_total`: by `partition`.
pub const FENCED: Metric = Metric::new(
    Counter,
    Count,
    "fleet_fenced_total",
    &["partition"],
    "commits that were refused because another process owns the partition",
);

/// `fleet_unowned_batches_total`: by `partition`. Anything but 0 is a fault of the source.
pub const UNOWNED_BATCHES: Metric = Metric::new(
    Counter,
    Count,
    "fleet_unowned_batches_total",
    &["partition"],
    "batches of partitions that were not started here",
);

/// `fleet_retries_total`: by `stage`, the [word](super::RetriedOperation::as_word) of the
/// operation.
pub const RETRIES: Metric = Metric::new(
    Counter,
    Count,
    "fleet_retries_total",
    &["stage"],
    "errors that were retried, by operation",
);

/// `fleet_lag`: by `partition`, in offsets of the source. Recorded only if the source knows the end
/// of its input.
pub const LAG: Metric = Metric::new(
    Gauge,
    Count,
    "fleet_lag",
    &["partition"],
    "input that is not committed yet, in offsets of the source",
);

/// `fleet_lag_seconds`: by `partition`. Recorded only if the source knows when its log took a
/// record.
pub const LAG_SECONDS: Metric = Metric::new(
    Gauge,
    Seconds,
    "fleet_lag_seconds",
    &["partition"],
    "how long ago the log took the oldest record that is not committed yet; 0 if there is none",
);

/// `fleet_keys`: by `partition`.
pub const KEYS: Metric = Metric::new(
    Gauge,
    Count,
    "fleet_keys",
    &["partition"],
    "keys seen since the first record",
);

/// `fleet_partitions`.
pub const PARTITIONS: Metric = Metric::new(
    Gauge,
    Count,
    "fleet_partitions",
    &[],
    "partitions that this process owns",
);

/// `fleet_rebalances_total`: by `change`, which is `assigned`, `revoked` or `lost`.
pub const REBALANCES: Metric = Metric::new(
    Counter,
    Count,
    "fleet_rebalances_total",
    &["change"],
    "partitions that came to this process, were handed over, or were lost to another",
);

/// `fleet_restoring_partitions`.
pub const RESTORING: Metric = Metric::new(
    Gauge,
    Count,
    "fleet_restoring_partitions",
    &[],
    "partitions that are being claimed and restored",
);

/// `fleet_pause_seconds`: one value for each pause.
pub const PAUSE_SECONDS: Metric = Metric::new(
    Histogram,
    Seconds,
    "fleet_pause_seconds",
    &[],
    "time for which no batch was read, because two epochs waited for the store",
);

/// `fleet_held_rows`.
pub const HELD_ROWS: Metric = Metric::new(
    Gauge,
    Count,
    "fleet_held_rows",
    &[],
    "rows that waited in the order buffer for a newer row of their key when the epoch was sealed",
);

/// `fleet_waiting_rows`.
pub const WAITING_ROWS: Metric = Metric::new(
    Gauge,
    Count,
    "fleet_waiting_rows",
    &[],
    "results that waited for their commit when the epoch was sealed",
);

/// `fleet_waiting_bytes`.
pub const WAITING_BYTES: Metric = Metric::new(
    Gauge,
    Bytes,
    "fleet_waiting_bytes",
    &[],
    "bytes that waited for their commit when the epoch was sealed: results by the size of their type, and dead letters",
);
