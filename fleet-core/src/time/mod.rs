//! Event time, how a message wrote it, and reading it fast.

mod event_time;
mod parse;
mod style;

pub use event_time::EventTime;
pub use parse::{NaiveTimeReader, TimeError, TimeReader};
pub use style::TimeStyle;
