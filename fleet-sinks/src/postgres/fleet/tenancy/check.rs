//! What would let a row be seen by somebody else, found in the catalogue before the first query.

use fleet_core::{Error, ErrorKind, Result};

use crate::postgres::connect::{Database, PostgresTransaction};

/// One sentence for each hole in the tables, whoever asks.
pub(super) const HOLES: &str = include_str!("holes.sql");
/// One sentence for each right of the current role that goes past the policies.
const RIGHTS: &str = include_str!("rights.sql");

/// Refuses a login that policies do not hold, and a schema that has a hole. To be called once, at start-up, with the
/// login that the service works with.
///
/// Refused are superusers, roles that bypass row-level security, owners of a table and members of such roles; tables of
/// tenants without forced row-level security or without a policy; unique keys that do not begin with the tenant; rights
/// on partitions, past the policies of their parent; functions that run with their owner's rights and an open search
/// path; views without a barrier.
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
/// All that was found, in one error. Else those of the server.
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

/// What one of the questions finds.
pub(super) async fn findings(tx: &PostgresTransaction, sql: &str) -> Result<Vec<String>> {
    tx.run("check the tenancy of", async {
        let rows = tx.client().query(sql, &[]).await?;
        rows.iter().map(|row| row.try_get(0)).collect()
    })
    .await
}
