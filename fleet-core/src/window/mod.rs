//! Event-time windows over the rows of each key.
//!
//! A window is `[start, end)`: a row at its end belongs to the next one. Windows start at multiples of
//! their length since 1970, so every run and every vehicle has the same ones.

mod aggregate;
mod summary;
#[cfg(test)]
mod tests;
mod tumbling;

pub use aggregate::Aggregate;
pub use summary::{Summary, SummaryOf};
pub use tumbling::{Tumbling, Window, Windowed};
