//! A separate database for the demo, with logins that write and logins that read.

use fleet_sinks::postgres::{
    Database, PostgresOptions,
    migrations::{Migrations, migrate, seed_demo},
};

use crate::Fallible;

/// The password of all logins, which exist on a test server as long as this example runs.
const PASSWORD: &str = "demo";

/// The database of the demo. Logins belong to the whole server, so their names start with the name
/// of the database.
pub(crate) struct Demo {
    server: Database,
    /// Host, port, database and options of a connection URL.
    target: String,
    name: String,
}

impl Demo {
    /// Creates the tables, and the customers, vehicles and territories of the demo.
    pub(crate) async fn create() -> Fallible<Self> {
        let url = std::env::var("FLEET_POSTGRES_URL").map_err(
            |_| "FLEET_POSTGRES_URL is not set: `cargo xtask services up` starts a server",
        )?;
        let server = Database::connect(&url, PostgresOptions::default()).await?;
        let name = format!("ford_{}", std::process::id());
        let (front, query) = url.split_once('?').unwrap_or((&url, ""));
        let (front, _) = front.rsplit_once('/').ok_or("the URL names no database")?;
        let (_, address) = front.rsplit_once('@').ok_or("the URL names no user")?;
        let demo = Self {
            target: format!("{address}/{name}?{query}"),
            server,
            name,
        };
        demo.run(&format!("CREATE DATABASE {}", demo.name)).await?;
        let own = format!("{front}/{}?{query}", demo.name);
        let own = Database::connect(&own, PostgresOptions::default()).await?;
        migrate(&own, Migrations::Fleet).await?;
        seed_demo(&own).await?;
        Ok(demo)
    }

    /// Connects as a login that appends rows for one customer. The customer is a setting of the
    /// login, so no message can choose another.
    pub(crate) async fn ingest(&self, customer: &str) -> Fallible<Database> {
        let login = self.login(&format!("ingest_{customer}"), "ingest").await?;
        let tenant = format!("ALTER ROLE {login} SET fleet.tenants = '{{{customer}}}'");
        self.run(&tenant).await?;
        self.connect(&login).await
    }

    /// Connects as a login that reads; the scope of each transaction decides what it sees.
    pub(crate) async fn reader(&self, role: &str) -> Fallible<Database> {
        let login = self.login(&format!("reads_as_{role}"), role).await?;
        self.connect(&login).await
    }

    /// Creates a login if it does not exist.
    async fn login(&self, what: &str, role: &str) -> Fallible<String> {
        let login = format!("{}_{what}", self.name);
        let make = format!(
            "DO $$ BEGIN CREATE ROLE {login} LOGIN PASSWORD '{PASSWORD}' IN ROLE fleet_{role};
             EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        );
        self.run(&make).await?;
        Ok(login)
    }

    async fn connect(&self, login: &str) -> Fallible<Database> {
        let url = format!("postgres://{login}:{PASSWORD}@{}", self.target);
        Ok(Database::connect(&url, PostgresOptions::default()).await?)
    }

    /// Removes the database and its logins.
    pub(crate) async fn remove(&self) -> Fallible<()> {
        self.run(&format!("DROP DATABASE {} WITH (FORCE)", self.name))
            .await?;
        let drop = format!(
            "DO $$ DECLARE login name; BEGIN
                 FOR login IN SELECT rolname FROM pg_roles WHERE starts_with(rolname, '{}_') LOOP
                     EXECUTE format('DROP ROLE %I', login);
                 END LOOP;
             END $$",
            self.name
        );
        self.run(&drop).await
    }

    async fn run(&self, sql: &str) -> Fallible<()> {
        let connection = self.server.connection().await?;
        let work = connection.client().batch_execute(sql);
        Ok(connection.run("prepare the demo in", work).await?)
    }
}
