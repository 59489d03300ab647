//! CSV of any kind, read by column maps.

mod clock;
mod date;
mod decoder;
mod encoding;
mod map;
mod record;
mod repeats;
mod target;
#[cfg(test)]
mod tests;
mod yaml;

pub use decoder::Csv;
pub use map::ColumnMap;
