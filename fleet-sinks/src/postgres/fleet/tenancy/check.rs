//! Checks the catalogue for anything that would let a tenant see rows of another.

use fleet_core::{Error, ErrorKind, Result};

use crate::postgres::connect::{Database, PostgresTransaction};

/// Returns one sentence for each hole in the schema, independent of the login.
pub(super) const HOLES: &str = include_str!("holes.sql");
/// Returns one sentence for each right of the current role that bypasses the policies.
const RIGHTS: &str = include_str!("rights.sql");

/// Refuses a login that policies do not apply to, and a schema with a hole. Call it once at
/// start-up, with the login of the service.
///
/// It refuses
/// - superusers, roles that bypass row-level security, owners of a table, and members of such
///   roles;
/// - tables of tenants without forced row-level security or without a policy;
/// - unique keys that do not begin with the tenant;
/// - rights on partitions, which bypass the policies of their parent;
/// - functions that run with the rights of their owner and an open search path;
/// - views without a security barrier.
///
/// # Examples
/// ```no_run
/// use fleet_sinks::postgres::{Database, PostgresOptions, tenancy};
/// # async fn example(url: &str) -> fleet_core::Result<()> {
/// let database = Database::connect(url, PostgresOptions::default()).await?;
/// tenancy::check(&database).await?;
/// # Ok(()) }
/// ```
///
/// # Errors
/// Returns one error that lists everything found. Otherwise returns errors of the server.
pub async fn check(database: &Database) -> Result<()> {
    let tx = database.begin().await?;
    let mut found = findings(&tx, RIGHTS).await?;
    found.extend(findings(&tx, HOLES).await?);
    if found.is_empty() {
        return tx.commit().await;
    }
    let message = format!(
        "refusing to serve tenants from {}: {}",
        database.address(),
        found.join("; ")
    );
    Err(Error::new(ErrorKind::Config, message))
}

/// The findings of one query.
pub(super) async fn findings(tx: &PostgresTransaction, sql: &str) -> Result<Vec<String>> {
    tx.run("check the tenancy of", async {
        let rows = tx.client().query(sql, &[]).await?;
        rows.iter().map(|row| row.try_get(0)).collect()
    })
    .await
}
