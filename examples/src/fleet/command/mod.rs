//! The subcommands, one file each.

pub(crate) mod dead_letters;
pub(crate) mod demo;
pub(crate) mod graph;
pub(crate) mod replay;
pub(crate) mod report;
pub(crate) mod score;
pub(crate) mod simulate;
