//! A transaction with a scope: the only way to run a query.

use fleet_core::{Error, ErrorKind, Result};
use tokio_postgres::{Row, types::ToSql};

use super::Scope;
use crate::postgres::connect::{Database, PostgresTransaction};

/// Local to the transaction: a connection that goes back to its pool takes no scope along, whatever happens. Policies make
/// queries look far dearer than they are, and compiling them would take longer than running them.
const SET_SCOPE: &str =
    "SELECT set_config('jit', 'off', true), set_config('fleet.tenants', $1::text[]::text, true),
    set_config('fleet.roles', $2::text[]::text, true), set_config('fleet.user', $3, true)";

/// What a row becomes, or why it cannot be read.
pub(in crate::postgres) type Read<T> = Result<T, tokio_postgres::Error>;

/// A transaction that has a [`Scope`]. Every query takes one; dropping it rolls back.
///
/// # Examples
/// A query needs a scope:
/// ```no_run
/// use fleet_sinks::postgres::{Database, queries::fleet_summary, tenancy::{Scope, Scoped}};
/// # async fn example(database: Database) -> fleet_core::Result<()> {
/// let scope = Scope::of("vehicleops").with_roles(["fleet-demo-001"]);
/// let scoped = Scoped::begin(&database, scope).await?;
/// let summary = fleet_summary(&scoped, &"fleet-demo-001".parse().unwrap()).await?;
/// scoped.commit().await?;
/// # Ok(()) }
/// ```
/// Neither a database nor a transaction will do:
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
    /// Opens a transaction and sets its scope, until it ends.
    ///
    /// # Errors
    /// Those of [`Database::begin`].
    pub async fn begin(database: &Database, scope: Scope) -> Result<Self> {
        // Boxed: opening a connection is the largest of all futures, and every query waits in this one.
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

    /// The transaction, for queries of one's own. They are held by the same policies.
    pub fn transaction(&self) -> &PostgresTransaction {
        &self.tx
    }

    /// Commits what was changed, and gives the connection back.
    ///
    /// # Errors
    /// Those of [`PostgresTransaction::commit`].
    pub async fn commit(self) -> Result<()> {
        self.tx.commit().await
    }

    /// The only tenant, for questions about one vehicle or fleet: two tenants may use the same name.
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

    /// Asks and reads all rows.
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

    /// Asks for at most one row.
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
