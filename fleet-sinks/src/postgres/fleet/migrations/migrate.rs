//! The list of migrations, and the function that applies them.

use fleet_core::Result;

use crate::postgres::{
    connect::Database,
    migrate::{Migrated, Migration, apply_missing, migration},
    store::schema,
};

/// Which tables to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migrations {
    /// The tables of a checkpoint store. Needs the right to create a schema.
    Store,
    /// Those, and the schema `fleet`: vehicles, their telemetry, results, and who may see them.
    /// Needs the right to create roles too.
    Fleet,
}

impl Migrations {
    /// The files, in the order of their numbers.
    pub(super) fn files(self) -> Vec<&'static Migration> {
        let fleet = match self {
            Self::Store => &[],
            Self::Fleet => FLEET,
        };
        let mut files: Vec<_> = schema::MIGRATIONS.iter().chain(fleet).collect();
        files.sort_by_key(|file| file.version);
        files
    }
}

/// The files beside those of the store.
const FLEET: &[Migration] = &[
    migration!("fleet", 2, "tenants"),
    migration!("fleet", 3, "events"),
    migration!("fleet", 4, "results"),
    migration!("fleet", 5, "operations"),
    migration!("fleet", 6, "partitions"),
    migration!("fleet", 7, "security"),
    migration!("fleet", 8, "stream"),
    migration!("fleet", 10, "dead_letters"),
    migration!("fleet", 11, "writers"),
    migration!("fleet", 13, "outbox"),
    migration!("fleet", 15, "logs"),
];

/// Applies the migrations that a database lacks, in one transaction.
///
/// Run it as the owner of the tables, never with the login of a service; see
/// [`tenancy::check`](crate::postgres::tenancy::check).
///
/// # Guarantees
/// Several processes may call it at the same time: one applies the migrations, and the others wait
/// and find nothing to do. After an error nothing has changed.
///
/// # Examples
/// ```no_run
/// use fleet_sinks::postgres::{Database, PostgresOptions, migrations::{Migrations, migrate}};
/// # async fn example(owner: &str) -> fleet_core::Result<()> {
/// let database = Database::connect(owner, PostgresOptions::default()).await?;
/// migrate(&database, Migrations::Fleet).await?;
/// assert!(migrate(&database, Migrations::Fleet).await?.applied.is_empty());
/// # Ok(()) }
/// ```
///
/// # Errors
/// Refuses a database if a file was changed after it was applied, or if a newer version applied
/// migrations that this one does not have. Otherwise returns errors of the server.
pub async fn migrate(database: &Database, wanted: Migrations) -> Result<Migrated> {
    let tx = database.begin().await?;
    let migrated = apply_missing(&tx, &wanted.files(), &Migrations::Fleet.files()).await?;
    if !migrated.applied.is_empty() {
        schema::fill(&tx).await?;
    }
    tx.commit().await?;
    Ok(migrated)
}

const MAY_MIGRATE: &str = "
SELECT r.rolsuper OR CASE
    WHEN s.oid IS NULL THEN r.rolcreaterole AND has_database_privilege(current_database(), 'CREATE')
    ELSE s.nspowner = r.oid END
FROM pg_roles r LEFT JOIN pg_namespace s ON s.nspname = 'fleet'
WHERE r.rolname = current_user";

/// Returns whether the login may apply [`Migrations::Fleet`]: it owns the schema `fleet`, or may
/// make it together with its roles.
///
/// # Errors
/// Returns errors of the server.
pub async fn may_migrate(database: &Database) -> Result<bool> {
    let connection = database.connection().await?;
    let asked = async {
        let row = connection.client().query_one(MAY_MIGRATE, &[]).await?;
        row.try_get(0)
    };
    connection
        .run("ask for the rights of the login in", asked)
        .await
}
