//! How the systems write their events, one file each.

mod contract;
mod lines;

pub use contract::{Dialect, Refused};
pub use lines::MAX_RECORD_BYTES;
