//! Event-time windows over the rows of each key.
//!
//! A window is `[start, end)`: a row at its end belongs to the next one.
//!
//! | windows | start |
//! |---|---|
//! | [`Tumbling`] | at multiples of their length since 1970, so that every vehicle has the same ones |
//! | [`Sliding`] | at multiples of their slide since 1970 |
//! | [`Session`] | at the first row after a silence |

mod aggregate;
mod layout;
mod result;
mod session;
mod sliding;
mod summary;
#[cfg(test)]
mod tests;
mod tumbling;

pub use aggregate::Aggregate;
pub use result::Window;
pub use session::{Session, Sessions, Stretches};
pub use sliding::{Parts, Slid, Sliding};
pub use summary::{Summary, SummaryOf};
pub use tumbling::{Panes, Tumbling, Windowed};
