//! `cargo xtask check`: what can be proved about the workspace without running its code.

mod command;
mod dependencies;
mod features;
mod licences;
mod lints;
mod spdx;
mod trees;

pub(crate) use command::run;
