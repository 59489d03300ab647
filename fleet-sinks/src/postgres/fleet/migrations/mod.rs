//! Tables, functions, roles and policies of a database, in numbered files that are each applied once.
//!
//! The files are in `migrations/` of this crate: `store/V1__checkpoints.sql` makes what a store needs,
//! `fleet/V2__tenants.sql` and those after it the schema `fleet` with everything that is asked about vehicles. A file that was applied somewhere is never changed; a change is
//! a new file.

mod demo;
mod migrate;
#[cfg(test)]
mod tests;
mod timescale;

pub use crate::postgres::migrate::Migrated;
pub use demo::seed_demo;
pub use migrate::{Migrations, migrate};
pub use timescale::{Timescale, enable_timescale};
