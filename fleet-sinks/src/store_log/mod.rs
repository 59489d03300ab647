//! A durable log in a store: the results of one pipeline are the input of another, under another
//! key, without a broker.
//!
//! A graph has one key, such as the vehicle. Results for another key, such as the driver, take a
//! second pipeline. The first writes rows to a log of its store, in the transaction of the
//! position. The second reads the log as a [source](LogSource). It may run in the same process or
//! another, and has a store of its own or another name in the same one.
//!
//! ```text
//! trips by vehicle -> pipeline 1 -> log `trips`, keyed by driver -> pipeline 2 -> sums by driver
//! ```
//!
//! A log has a fixed number of lanes. A row belongs to the lane of the hash of its key, and has a
//! number in it, from 0. Each lane is one partition of the source, and the number is the offset.
//!
//! # Guarantees
//! - A row is in the log exactly once, and becomes visible with the commit of the position that it
//!   came from. A pipeline that reads the log with an exactly-once store has each result exactly
//!   once, end to end.
//! - Within a lane rows are visible in the order of their numbers, without a gap, so a reader never
//!   passes over a row of a slower transaction. The rows of a key that one partition writes keep
//!   the order of the graph.
//! - A row is kept until every registered reader has committed past it. A log that nobody reads is
//!   kept in whole, up to its [bound](LogOptions::most_waiting).
//! - A reader begins with the oldest row that is kept when it is registered, which is not the first
//!   of the log if others have read it: register readers before the first write. A pipeline that
//!   starts afresh under the name of a reader is refused once rows that it needs are gone.
//!
//! # Event time
//! A log is in the order of commits, not of time. One commit hands over vehicle by vehicle, and the
//! rows of a driver may come from several vehicles and partitions: their times go back by as much
//! as a batch of the first pipeline holds, or a vehicle is behind. With the default order the
//! second pipeline would count them as late. It adds up what may come in any order, with
//! `Order::within(Duration::ZERO).allowing(LATENESS)` and a lateness of days.
//!
//! # The last results
//! A log has no end. With [`until_now`](LogSourceOptions::until_now) windows that are open wait for
//! the next run. A pipeline that follows the log completes them by the wall clock, with
//! [`Ticks`](fleet_core::pipeline::Ticks).
//!
//! # Beginning afresh
//! Results of a reader are computed anew from rows that are kept only. Wipe the store of the second
//! pipeline, drop the reader with `drop_active_reader`, and start it; where the log is not whole,
//! let the first pipeline write it again, under another name. Give the second pipeline a file of
//! its own in SQLite: `wipe` takes all pipelines of a file.

mod decode;
mod error;
mod lanes;
mod options;
mod record;
mod rows;
mod source;
#[cfg(test)]
pub(crate) mod tests;

pub use decode::LogDecoder;
pub(crate) use error::LogError;
pub(crate) use lanes::{Kept, LaneReader, LaneStart, PageLimits, start_at, unbroken};
pub use options::{LogOptions, LogSourceOptions};
pub use record::{LogRecord, LogRecords};
pub use rows::LogRows;
pub(crate) use rows::{NewRow, check_name};
pub use source::LogSource;

pub(crate) use crate::log_report::slowest;
pub use crate::log_report::{LogReader, LogSummary};
