//! A PostgreSQL database with the schema `fleet`, and the tenant that the command writes for.

use fleet_core::{Error, ErrorKind, Result};
use fleet_sinks::{
    PostgresStore,
    postgres::{
        Database, PostgresOptions,
        migrations::{Migrations, may_migrate, migrate},
        tenancy::Tenant,
    },
};

use crate::address::PostgresAddress;

/// The tenant of all rows that the command writes with its owner's login.
const TENANT: &str = "demo";
/// The access role that sees all vehicles of the tenant.
const EVERYBODY: &str = "demo_all";
/// The pipelines of the command, whose dead letters are the tenant's.
const PIPELINES: [&str; 4] = ["demo", "demo-self-driving", "demo-trips", "replay"];

/// Opens the store of a pipeline; `fresh` deletes what the tenant's pipelines stored.
///
/// A login that may migrate first makes what is missing, and then works with the rights of
/// `fleet_ingest` only. Any other login writes for its own tenant.
///
/// # Errors
/// Refuses a database without the schema, and `fresh`, to a login that may not migrate.
pub(super) async fn open(
    address: &PostgresAddress,
    pipeline: &str,
    fresh: bool,
) -> Result<PostgresStore> {
    let login = address.connect(PostgresOptions::default()).await?;
    let database = if may_migrate(&login).await? {
        migrate(&login, Migrations::Fleet).await?;
        let tenant = Tenant::new(TENANT)
            .with_pipelines(PIPELINES)
            .showing_new_vehicles_to([EVERYBODY]);
        tenant.add(&login).await?;
        if fresh {
            tenant.clear(&login).await?;
        }
        address
            .connect(tenant.ingesting(PostgresOptions::default()))
            .await?
    } else if fresh {
        return Err(refused("--fresh deletes rows"));
    } else if !has_schema(&login).await? {
        return Err(refused("the database has no schema `fleet`"));
    } else {
        let Some(tenant) = tenant_of(&login).await? else {
            let reason = "this login names no tenant (ALTER ROLE .. SET fleet.tenants = '{..}')";
            return Err(refused(reason));
        };
        // A store has one position of each name, whoever writes.
        return PostgresStore::open(&login, &format!("{tenant}/{pipeline}")).await;
    };
    PostgresStore::open(&database, pipeline).await
}

fn refused(reason: &str) -> Error {
    let message = format!(
        "{reason}: that is for the login that owns the database, so let it run the command once"
    );
    Error::new(ErrorKind::Config, message)
}

async fn has_schema(database: &Database) -> Result<bool> {
    let asked = "SELECT 'there' WHERE to_regnamespace('fleet') IS NOT NULL";
    Ok(text(database, asked).await?.is_some())
}

/// The tenant that the rows of this login belong to; without one the server refuses all rows.
async fn tenant_of(database: &Database) -> Result<Option<String>> {
    text(database, "SELECT fleet.only_tenant()").await
}

/// The first value of the first row.
async fn text(database: &Database, sql: &str) -> Result<Option<String>> {
    let connection = database.connection().await?;
    let asked = async {
        let row = connection.client().query_opt(sql, &[]).await?;
        let value = row.map(|row| row.try_get::<_, Option<String>>(0));
        Ok(value.transpose()?.flatten())
    };
    connection.run("look at the schema in", asked).await
}
