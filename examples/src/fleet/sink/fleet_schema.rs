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
    } else if !names_tenant(&login).await? {
        return Err(refused(
            "this login names no tenant (ALTER ROLE .. SET fleet.tenants = '{..}')",
        ));
    } else {
        login
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
    is_true(database, "SELECT to_regnamespace('fleet') IS NOT NULL").await
}

/// Whether rows of this login belong to a tenant; the server would refuse all others.
async fn names_tenant(database: &Database) -> Result<bool> {
    is_true(database, "SELECT fleet.only_tenant() IS NOT NULL").await
}

async fn is_true(database: &Database, sql: &str) -> Result<bool> {
    let connection = database.connection().await?;
    let asked = async { connection.client().query_one(sql, &[]).await?.try_get(0) };
    connection.run("look at the schema in", asked).await
}
