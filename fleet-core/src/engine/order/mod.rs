//! Event-time order: puts the rows of each key in order, finds duplicates, and decides which rows
//! are late.
//!
//! - The clock of a key is the time of its newest row minus the out-of-orderness bound. No other
//!   key moves it, and no row moves it past the time at which the log received that row.
//! - Rows strictly before the clock are released; at the clock a tie may still arrive. With a bound
//!   of 0 each row is released immediately, in the order of arrival. Only a row ahead of its log
//!   time waits, so the rows of a key never go back in time.
//! - A row older than the clock but within the allowed lateness is belated. It reaches only the
//!   operators that can revise their results. An even older row is late.
//! - Every row that is not late is compared with all rows of its time, so duplicates are found as
//!   far back as rows are accepted.
//! - Waiting rows are state: the position moves past them, and the snapshot contains them.

mod admit;
mod belated;
mod buffer;
mod key;
mod options;
mod seen;
mod silent;
#[cfg(test)]
mod tests;
mod waiting;

pub use options::Order;

pub(crate) use admit::Fate;
pub(crate) use belated::BelatedCounts;
pub(crate) use buffer::OrderBuffer;
pub(crate) use key::KeySnapshot;
pub(crate) use silent::{Silence, Silent};
