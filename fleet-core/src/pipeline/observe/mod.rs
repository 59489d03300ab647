//! A pipeline seen from outside: its health, what is measured, what is traced.
//!
//! | for | there is |
//! |---|---|
//! | a health check, a progress bar | [`Pipeline::watch`](crate::Pipeline::watch), which gives [`Health`] |
//! | dashboards and alarms | [`METRICS`](metrics::METRICS), for any exporter of the `metrics` crate (feature `metrics`) |
//! | logs | events and spans of the `tracing` crate |
//!
//! # Guarantees
//! Nothing here happens for each event: for each batch at most, mostly for each epoch. What records and keys say,
//! and what a decoder or sink says of them, goes to dead letters and nowhere else.
//!
//! # Traces
//! All within the span `pipeline` with its `name`:
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

mod health;
mod metric;
pub mod metrics;
mod seen;
#[cfg(test)]
mod tests;

pub use health::{Health, PartitionHealth, Phase, Stage, Trouble};
pub use metric::{Kind, Metric, Unit};
pub(super) use seen::Seen;
