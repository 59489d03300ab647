//! Event time: the type, the style in which a message wrote it, and a fast parser.

mod event_time;
mod parse;
mod stamp;
mod style;
#[cfg(test)]
mod tests;
mod text;

pub use event_time::EventTime;
pub(crate) use event_time::micros;
pub use parse::{NaiveTimeReader, TimeError, TimeReader};
pub use stamp::Stamp;
pub use style::TimeStyle;
