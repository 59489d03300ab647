//! Tables, functions, roles and policies of a database, in numbered files that are each applied once.
//!
//! The files are in `migrations/` of this crate: `V1__checkpoints.sql` makes what a store needs, the others the schema
//! `fleet` with everything that is asked about vehicles. A file that was applied somewhere is never changed; a change is
//! a new file.

mod apply;
mod demo;
mod file;
#[cfg(test)]
mod tests;
mod timescale;

pub use apply::{Migrated, migrate};
pub use demo::seed_demo;
pub use timescale::{Timescale, enable_timescale};

use file::{File, file};

/// Which tables are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migrations {
    /// What a checkpoint store keeps for itself. Needs the right to create a schema.
    Store,
    /// That, and the schema `fleet`: vehicles, what they said, what was found, who may see it. Needs the right to
    /// create roles too.
    Fleet,
}

impl Migrations {
    fn files(self) -> impl Iterator<Item = &'static File> {
        FILES
            .iter()
            .filter(move |file| self == Self::Fleet || file.part == self)
    }
}

/// In the order of their numbers.
const FILES: &[File] = &[
    file!(1, "checkpoints", Store),
    file!(2, "tenants", Fleet),
    file!(3, "events", Fleet),
    file!(4, "results", Fleet),
    file!(5, "operations", Fleet),
    file!(6, "partitions", Fleet),
    file!(7, "security", Fleet),
    file!(8, "stream", Fleet),
];
