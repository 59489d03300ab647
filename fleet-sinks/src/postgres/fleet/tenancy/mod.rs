//! Tenancy: which rows a transaction may see, and a check that the database enforces it.
//!
//! A login is a member of one database role, which determines the operations it may perform. The
//! [`Scope`] of a transaction determines the rows it sees: one or more tenants, and the access
//! roles held in them. Without a scope no row is visible.
//!
//! | database role | may |
//! |---|---|
//! | `fleet_ingest` | append events and results; replace vehicle states and revised results |
//! | `fleet_territory_manager`, `fleet_regional_manager` | read; acknowledge alerts |
//! | `fleet_admin` | also maintain vehicles, missions and commands; see dead letters |
//! | `fleet_maintainer` | make and drop partitions past all policies; never for a service |
//!
//! The tenant of an ingesting login is one of its settings (`ALTER ROLE .. SET fleet.tenants =
//! '{customer_a}'`), so a message cannot choose it. A [`Tenant`] is added by the owner of the
//! tables.

mod check;
mod scope;
mod scoped;
mod tenant;
#[cfg(test)]
pub(in crate::postgres) mod tests;
mod whoami;

pub use check::check;
pub use scope::Scope;
pub use scoped::Scoped;
pub use tenant::Tenant;
pub use whoami::SecurityRoles;
