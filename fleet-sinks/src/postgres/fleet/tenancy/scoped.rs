//! A transaction with a scope, which every query requires.

use fleet_core::{Error, ErrorKind, Result};
use tokio_postgres::{Row, types::ToSql};

use super::scope::Scope;
use crate::postgres::connect::{Database, PostgresTransaction};

/// Sets the scope locally to the transaction, so that a connection never carries it back to the
/// pool. JIT is off because policies make queries look far more expensive than they are, and
/// compiling them would take longer than running them.
const SET_SCOPE: &str =
    "SELECT set_config('jit', 'off', true), set_config('fleet.tenants', $1::text[]::text, true),
    set_config('fleet.roles', $2::text[]::text, true), set_config('fleet.user', $3, true)";

/// A value read from a row, or the error of reading it.
pub(in crate::postgres) type Read<T> = Result<T, tokio_postgres::Error>;

/// A transaction with a [`Scope`]. Every query requires one. Dropping it rolls back.
///
/// # Examples
/// A query runs inside a scope:
/// ```no_run
/// use fleet_sinks::postgres::{Database, queries::fleet_summary, tenancy::{Scope, Scoped}};
/// # async fn example(database: Database) -> fleet_core::Result<()> {
/// let scope = Scope::of("vehicleops").with_roles(["fleet-demo-001"]);
/// let scoped = Scoped::begin(&database, scope).await?;
/// let summary = fleet_summary(&scoped, &"fleet-demo-001".parse().unwrap()).await?;
/// scoped.commit().await?;
/// # Ok(()) }
/// ```
/// A transaction without a scope does not compile:
/// ```compile_fail,E0308
/// # use fleet_sinks::postgres::{Database, queries::fleet_summary};
/// # async fn example(database: Database) -> fleet_core::Result<()> {
/// let tx = database.begin().await?;
/// let summary = fleet_summary(&tx, &"fleet-demo-001".parse().unwrap()).await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Scoped {
    tx: PostgresTransaction,
    scope: Scope,
}

impl Scoped {
    /// Opens a transaction and sets its scope.
    ///
    /// # Errors
    /// Returns errors of [`Database::begin`].
    pub async fn begin(database: &Database, scope: Scope) -> Result<Self> {
        // Boxed: opening a connection is the largest future, and every query awaits this one.
        let tx = Box::pin(database.begin()).await?;
        let tenants: Vec<_> = scope.tenants().collect();
        let roles: Vec<_> = scope.roles().collect();
        let user = scope.user().unwrap_or_default();
        tx.run("set the scope of a transaction in", async {
            let set = tx.prepare(SET_SCOPE).await?;
            tx.client().execute(&set, &[&tenants, &roles, &user]).await
        })
        .await?;
        Ok(Self { tx, scope })
    }

    /// The scope.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The transaction, for your own queries. The same policies apply to them.
    pub fn transaction(&self) -> &PostgresTransaction {
        &self.tx
    }

    /// Commits changes and returns the connection to its pool.
    ///
    /// # Errors
    /// Returns errors of [`PostgresTransaction::commit`].
    pub async fn commit(self) -> Result<()> {
        self.tx.commit().await
    }

    /// The only tenant, for queries about one vehicle or fleet: two tenants may use the same id.
    pub(in crate::postgres) fn tenant(&self) -> Result<&str> {
        let mut tenants = self.scope.tenants();
        match (tenants.next(), tenants.next()) {
            (Some(tenant), None) => Ok(tenant),
            _ => Err(Error::new(
                ErrorKind::Config,
                "cannot ask about one vehicle, fleet or driver of several tenants: open a scope of the one it belongs to",
            )),
        }
    }

    /// Runs a query and reads all rows.
    pub(in crate::postgres) async fn rows<T>(
        &self,
        doing: &str,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
        read: impl Fn(&Row) -> Read<T>,
    ) -> Result<Vec<T>> {
        self.tx
            .run(doing, async {
                let statement = self.tx.prepare(sql).await?;
                let rows = self.tx.client().query(&statement, values).await?;
                rows.iter().map(read).collect()
            })
            .await
    }

    /// Runs a query for at most one row.
    pub(in crate::postgres) async fn row<T>(
        &self,
        doing: &str,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
        read: impl Fn(&Row) -> Read<T>,
    ) -> Result<Option<T>> {
        Ok(self.rows(doing, sql, values, read).await?.pop())
    }
}
