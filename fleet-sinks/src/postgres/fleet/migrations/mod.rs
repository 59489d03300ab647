//! Migrations: numbered SQL files that make tables, functions, roles and policies, each applied
//! once.
//!
//! The files are in `migrations/` of this crate. `store/V1__checkpoints.sql` makes the tables of a
//! checkpoint store; `fleet/V2__tenants.sql` and those after it make the schema `fleet`. A file is
//! never changed once it was applied anywhere; a change of the schema is a new file.

mod demo;
mod migrate;
#[cfg(test)]
mod tests;
mod timescale;

pub use crate::postgres::migrate::Migrated;
pub use demo::seed_demo;
pub use migrate::{Migrations, may_migrate, migrate};
pub use timescale::{Timescale, enable_timescale, refresh_timescale};
