//! Rows in memory: the rows that the contracts exchange, and containers of rows, keys and timers.
//! Nothing here knows how a graph runs.

mod dealer;
mod events;
mod keys;
mod log_times;
pub mod row;
mod slab;
mod soonest;
mod timers;

pub(crate) use dealer::{Dealer, shard_of};
pub(crate) use events::Events;
pub(crate) use keys::Keys;
pub(crate) use row::KeyId;
pub use row::Row;
pub(crate) use slab::{Place, Rows, RowsMut, Segment, Slab};
pub(crate) use soonest::Soonest;
pub(crate) use timers::Timers;
