//! Event-time windows over the rows of each key.
//!
//! A window is the interval `[start, end)`: a row exactly at its end belongs to the next one.
//!
//! | windows | they start |
//! |---|---|
//! | [`Tumbling`] | at multiples of their length since 1970, the same for all vehicles |
//! | [`Sliding`] | at multiples of their slide since 1970 |
//! | [`Session`] | at the first row after a gap |

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
pub use session::{Session, SessionStates, Sessions};
pub use sliding::{Slices, Slid, Sliding};
pub use summary::{Summary, SummaryOf};
pub use tumbling::{Panes, Tumbling, Windowed};
