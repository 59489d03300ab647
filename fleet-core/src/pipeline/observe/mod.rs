//! Observability of a pipeline: health, metrics and traces.
//!
//! | for | use |
//! |---|---|
//! | a health check, a progress bar | [`Pipeline::watch`](crate::Pipeline::watch), which reports [`Health`] |
//! | dashboards and alarms | [`METRICS`](metrics::METRICS), for any exporter of the `metrics` crate (feature `metrics`) |
//! | logs | events and spans of the `tracing` crate |
//!
//! # Guarantees
//! No work is done per event: some per batch, most per epoch. The content of records and keys, and
//! what decoders and sinks say about them, goes to dead letters and nowhere else.
//!
//! # Traces
//! All events are within the span `pipeline`, with the field `name`:
//!
//! | level | event | fields |
//! |---|---|---|
//! | info | `assigned` | `partition`, `at` |
//! | debug | `restored` | `partition`, `token`, `states` |
//! | debug | `epoch` | `partitions`, `rows`, `bytes`, `seconds` |
//! | debug | `committed` (in the span `commit`) | `partition`, `seq`, `next` |
//! | warn | `retrying` | `stage`, `who`, `pause_s`, `error` |
//! | warn | `fenced` | `partition` |
//! | info | `revoked` | `partition` |
//! | warn | `lost` | `partition` |
//! | info | `stopping` | |
//! | info | `ended` | `how`, `read` |
//! | error | `failed` | `error` |

mod added;
mod health;
mod metric;
pub mod metrics;
mod observer;
#[cfg(test)]
mod tests;

pub use health::{
    Health, PartitionHealth, Phase, Rebalances, RestoreProgress, RetriedOperation, Trouble,
};
pub use metric::{Kind, Metric, Unit};
pub(super) use observer::{Input, Observer};
