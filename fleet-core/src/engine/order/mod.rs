//! Puts the rows of each key into event-time order, finds duplicates, and says which rows are late.
//!
//! - A key's clock is its newest time minus the out-of-orderness bound; no other key moves it, and no row
//!   moves it past the time of the log that it came with.
//! - Rows strictly before the clock leave, because a tie may still come; a bound of 0 lets each row leave
//!   at once, in the order of arrival.
//! - A row older than the clock but within the allowed lateness is belated: it revises what can be revised
//!   and reaches nothing else. One that is older still is late.
//! - Every row that is not late is compared with all rows of its time, so duplicates are found as far back
//!   as rows are accepted.
//! - Rows that wait are state: the position passes them and the snapshot holds them.

mod admit;
mod belated;
mod buffer;
mod key;
mod options;
mod seen;
#[cfg(test)]
mod tests;
mod wait;

pub use options::Order;

pub(crate) use admit::Fate;
pub(crate) use belated::Admitted;
pub(crate) use buffer::OrderBuffer;
pub(crate) use key::Image;
