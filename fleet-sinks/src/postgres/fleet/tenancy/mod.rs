//! Who sees what: scopes, transactions that have one, and a check that the database keeps to it.
//!
//! A login is a member of one database role, which says what it may do at all. Which rows it sees is said by the
//! [`Scope`] of its transaction: one or more tenants, and the access roles held there. Without a scope no row is seen.
//!
//! | database role | may |
//! |---|---|
//! | `fleet_ingest` | append what came in and what was found; replace the state of a vehicle and revised results |
//! | `fleet_territory_manager`, `fleet_regional_manager` | read; acknowledge alerts |
//! | `fleet_admin` | that; keep vehicles, missions and commands; see dead letters |
//! | `fleet_maintainer` | make and drop partitions, past all policies: for the owner's jobs, never for a service |
//!
//! An ingesting login has its tenant from its own settings (`ALTER ROLE .. SET fleet.tenants = '{customer_a}'`), so a
//! message cannot choose one.

mod check;
mod scope;
mod scoped;
#[cfg(test)]
pub(in crate::postgres) mod tests;
mod whoami;

pub use check::check;
pub use scope::Scope;
pub use scoped::Scoped;
pub use whoami::SecurityRoles;
