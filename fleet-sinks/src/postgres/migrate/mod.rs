//! Applies numbered SQL files, each once.
//!
//! The store and the fleet's schema each list their files; nothing here knows what they make.

mod apply;
mod file;

pub use apply::Migrated;
pub(in crate::postgres) use apply::apply_missing;
pub(in crate::postgres) use file::{Migration, migration};
