//! CSV of any make: a column map says which column is what.

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
