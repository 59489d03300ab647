//! Input files, and the column maps of those in CSV.

mod files;
mod maps;
mod records;

pub(crate) use files::open;
pub(crate) use maps::column_maps;
pub(crate) use records::read_all;
