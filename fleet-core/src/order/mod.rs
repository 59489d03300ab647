//! Puts the rows of each key into event-time order, finds duplicates, and says which rows are late.
//!
//! - A key's clock is its newest time minus the out-of-orderness bound; no other key moves it.
//! - Rows strictly before the clock leave, because a tie may still come; a bound of 0 lets each row leave
//!   at once, in the order of arrival.
//! - A row older than the clock is late. Every row that is not late is compared with all rows of its time,
//!   so duplicates are found as far back as rows are accepted.
//! - Rows that wait are state: the position passes them and the snapshot holds them.

mod buffer;
mod keys;
mod wait;

use std::time::Duration;

pub(crate) use buffer::{ORDER_NODE, OrderBuffer};
pub(crate) use keys::Keys;

/// How far out of order the rows of one key may come.
///
/// A state that was saved under one bound is refused under another: its clocks would not be the same.
///
/// # Cost
/// The rows of a key that are younger than the bound wait in memory, and a commit writes those of every
/// key that had a row: a day's bound costs a day's rows of the vehicles that are driving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// A row up to this much older than its key's newest is put in its place; an older one is late.
    pub out_of_orderness: Duration,
}

impl Default for Order {
    /// Five seconds: our choice, for vehicles that send as they drive. A tracker that stores and forwards
    /// wants 30 s or a day.
    fn default() -> Self {
        Self {
            out_of_orderness: Duration::from_secs(5),
        }
    }
}
