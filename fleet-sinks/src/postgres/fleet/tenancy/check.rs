//! Checks the catalogue for anything that would let a tenant see rows of another.

use fleet_core::{Error, ErrorKind, Result};
use tokio_postgres::types::ToSql;

use crate::postgres::connect::{Database, PostgresTransaction};

/// Returns one sentence for each hole in the schema, independent of the login.
const HOLES: &str = include_str!("holes.sql");
/// Returns one sentence for each right of the current role that bypasses the policies.
const RIGHTS: &str = include_str!("rights.sql");

/// Refuses a login that policies do not apply to, and a schema with a hole. Call it once at
/// start-up, with the login of the service.
///
/// It refuses
/// - superusers, roles that bypass row-level security, owners of a table, and members of such
///   roles;
/// - tables of tenants without forced row-level security or without a policy, and the same of the
///   messages, dead letters and logs of stores;
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
    let mut found = rights(&tx).await?;
    let made = Timescale::find(&tx).await?;
    found.extend(holes(&tx, &made).await?);
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

/// What TimescaleDB made in the schema, by name.
#[derive(Debug, Default)]
pub(super) struct Timescale {
    pub(super) hypertables: Vec<String>,
    pub(super) aggregates: Vec<String>,
}

const HYPERTABLES: &str = "SELECT hypertable_name::text FROM timescaledb_information.hypertables
    WHERE hypertable_schema = 'fleet'";
const AGGREGATES: &str = "SELECT view_name::text FROM timescaledb_information.continuous_aggregates
    WHERE view_schema = 'fleet'";

impl Timescale {
    /// Asks the extension; nothing where it is not installed.
    pub(super) async fn find(tx: &PostgresTransaction) -> Result<Self> {
        let there =
            "SELECT nspname::text FROM pg_namespace WHERE nspname = 'timescaledb_information'";
        if texts(tx, there, &[]).await?.is_empty() {
            return Ok(Self::default());
        }
        Ok(Self {
            hypertables: texts(tx, HYPERTABLES, &[]).await?,
            aggregates: texts(tx, AGGREGATES, &[]).await?,
        })
    }
}

/// The rights of the login that bypass the policies.
async fn rights(tx: &PostgresTransaction) -> Result<Vec<String>> {
    texts(tx, RIGHTS, &[]).await
}

/// The holes in the schema.
pub(super) async fn holes(tx: &PostgresTransaction, made: &Timescale) -> Result<Vec<String>> {
    texts(tx, HOLES, &[&made.hypertables, &made.aggregates]).await
}

/// The first column of each row.
async fn texts(
    tx: &PostgresTransaction,
    sql: &str,
    values: &[&(dyn ToSql + Sync)],
) -> Result<Vec<String>> {
    tx.run("check the tenancy of", async {
        let rows = tx.client().query(sql, values).await?;
        rows.iter().map(|row| row.try_get(0)).collect()
    })
    .await
}
