//! A tenant: made, and emptied, by the owner of the tables.

use fleet_core::{Error, ErrorKind, Result, event::AccessRoles};

use crate::postgres::connect::{Database, PostgresOptions};

/// A customer whose events share the tables of the schema `fleet` with those of others.
///
/// # Examples
/// The owner makes a tenant, and a pipeline then writes for it with the rights of an ingesting
/// login:
/// ```no_run
/// use fleet_sinks::postgres::{Database, PostgresOptions, migrations::{Migrations, migrate}};
/// use fleet_sinks::postgres::tenancy::Tenant;
/// # async fn example(url: &str) -> fleet_core::Result<()> {
/// let owner = Database::connect(url, PostgresOptions::default()).await?;
/// migrate(&owner, Migrations::Fleet).await?;
/// let tenant = Tenant::new("north").with_pipelines(["trucks"]).showing_new_vehicles_to(["all"]);
/// tenant.add(&owner).await?;
/// let ingest = Database::connect(url, tenant.ingesting(PostgresOptions::default())).await?;
/// # let _ = ingest;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    id: String,
    pipelines: Vec<String>,
    new_vehicles: Option<AccessRoles>,
}

const ADD: &str =
    "INSERT INTO fleet.customers (tenant, name, new_vehicle_roles) VALUES ($1, $1, $2)
    ON CONFLICT DO NOTHING";
const ADD_PIPELINES: &str = "INSERT INTO fleet.pipelines (tenant, pipeline)
    SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING";
const TAKEN: &str =
    "SELECT pipeline FROM fleet.pipelines WHERE tenant <> $1 AND pipeline = ANY ($2) LIMIT 1";
const VERSION: &str = "SELECT current_setting('server_version_num')::int";
/// A superuser may take every role. Since version 16 a member may only if its membership says so.
const MAY_INGEST: &str = "SELECT pg_has_role(current_user, 'fleet_ingest', $1)";

impl Tenant {
    /// A tenant of this name, without pipelines.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            pipelines: Vec::new(),
            new_vehicles: None,
        }
    }

    /// Names the pipelines of the tenant: its admins see their dead letters.
    #[must_use]
    pub fn with_pipelines<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.pipelines = names.into_iter().map(str::to_owned).collect();
        self
    }

    /// Registers vehicles that are first heard of in the stream, and shows them to these access
    /// roles. Default: nobody sees a vehicle until an admin registers it.
    #[must_use]
    pub fn showing_new_vehicles_to<'a>(mut self, roles: impl IntoIterator<Item = &'a str>) -> Self {
        self.new_vehicles = Some(roles.into_iter().map(str::trim).collect());
        self
    }

    /// The name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Adds the tenant and its pipelines, if they are missing, with the login of the tables' owner.
    /// An existing tenant is not changed.
    ///
    /// # Errors
    /// Refuses a pipeline of another tenant. Otherwise returns errors of the server, such as for a
    /// missing schema or missing rights.
    pub async fn add(&self, owner: &Database) -> Result<()> {
        let tx = owner.begin().await?;
        let doing = "add a tenant to";
        let roles = self.new_vehicles.as_ref().map(ToString::to_string);
        let added = async { tx.client().execute(ADD, &[&self.id, &roles]).await };
        tx.run(doing, added).await?;
        let added = async {
            let pipelines = (&self.id, &self.pipelines);
            tx.client()
                .execute(ADD_PIPELINES, &[pipelines.0, pipelines.1])
                .await
        };
        tx.run(doing, added).await?;
        let asked = async {
            let row = tx
                .client()
                .query_opt(TAKEN, &[&self.id, &self.pipelines])
                .await?;
            row.map(|row| row.try_get::<_, String>(0)).transpose()
        };
        if let Some(pipeline) = tx.run(doing, asked).await? {
            let message = format!(
                "cannot add tenant {}: the pipeline {pipeline} is that of another tenant, and a store \
                 has one position of each name",
                self.id
            );
            return Err(Error::new(ErrorKind::Config, message));
        }
        let asked = async {
            let version: i32 = tx.client().query_one(VERSION, &[]).await?.try_get(0)?;
            let right = if version < 160_000 { "MEMBER" } else { "SET" };
            tx.client()
                .query_one(MAY_INGEST, &[&right])
                .await?
                .try_get(0)
        };
        if !tx.run::<bool>(doing, asked).await? {
            let grant = "GRANT fleet_ingest TO CURRENT_USER";
            tx.run(doing, tx.client().batch_execute(grant)).await?;
        }
        tx.commit().await
    }

    /// Deletes what the pipelines of the tenant stored: events, results, positions, state, dead
    /// letters and messages, also those that wait for a relay. Vehicles and people stay. A process
    /// that still runs one of the pipelines is fenced.
    ///
    /// # Errors
    /// Returns errors of the server, such as for missing rights. Nothing is changed then.
    pub async fn clear(&self, owner: &Database) -> Result<()> {
        let tx = owner.begin().await?;
        let cleared = async {
            let sql = "SELECT fleet.clear_tenant($1)";
            tx.client().execute(sql, &[&self.id]).await
        };
        tx.run("clear a tenant in", cleared).await?;
        tx.commit().await
    }

    /// Returns options of connections that write for this tenant: with the rights of
    /// `fleet_ingest`, whatever else the login may do.
    #[must_use]
    pub fn ingesting(&self, mut options: PostgresOptions) -> PostgresOptions {
        let id = self.id.replace('\\', "\\\\").replace('"', "\\\"");
        let settings = [
            ("role", "fleet_ingest".to_owned()),
            ("fleet.tenants", format!("{{\"{id}\"}}")),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value));
        options.settings.extend(settings);
        options
    }
}
