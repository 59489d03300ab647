//! Event time, how a message wrote it, and reading it fast.

mod event_time;
mod parse;
mod stamp;
mod style;
#[cfg(test)]
mod tests;

pub use event_time::EventTime;
pub(crate) use event_time::micros;
pub use parse::{NaiveTimeReader, TimeError, TimeReader};
pub use stamp::Stamp;
pub use style::TimeStyle;
