//! Input files, the column maps of those in CSV, and topics.

mod files;
mod maps;
mod records;
mod topic;

pub(crate) use files::open;
pub(crate) use maps::column_maps;
pub(crate) use records::read_all;
pub(crate) use topic::topic;
