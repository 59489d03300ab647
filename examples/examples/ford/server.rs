//! A database of the demo's own, with logins for what writes and who reads.

use fleet_sinks::postgres::{
    Database, PostgresOptions,
    migrations::{Migrations, migrate, seed_demo},
};

use crate::Done;

/// The password of all logins: they live as long as this example, on a server for trying things out.
const PASSWORD: &str = "demo";

/// The demo's database. Logins belong to the whole server, so their names hold its name.
pub(crate) struct Demo {
    server: Database,
    /// Where a role connects, but for its name.
    place: String,
    name: String,
}

impl Demo {
    /// Makes the tables, and the customers, vehicles and territories of the demo.
    pub(crate) async fn create() -> Done<Self> {
        let url = std::env::var("FLEET_POSTGRES_URL").map_err(
            |_| "FLEET_POSTGRES_URL names no server: `cargo xtask services up` starts one",
        )?;
        let server = Database::connect(&url, PostgresOptions::default()).await?;
        let name = format!("ford_{}", std::process::id());
        let (front, query) = url.split_once('?').unwrap_or((&url, ""));
        let (front, _) = front.rsplit_once('/').ok_or("the URL names no database")?;
        let (_, address) = front.rsplit_once('@').ok_or("the URL names no user")?;
        let demo = Self {
            place: format!("{address}/{name}?{query}"),
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

    /// A login that appends for one customer: whose rows they are is its own setting, not a message's.
    pub(crate) async fn ingest(&self, customer: &str) -> Done<Database> {
        let login = self.login(&format!("ingest_{customer}"), "ingest").await?;
        let tenant = format!("ALTER ROLE {login} SET fleet.tenants = '{{{customer}}}'");
        self.run(&tenant).await?;
        self.connect(&login).await
    }

    /// A login that reads; what it sees is said by the scope of each transaction.
    pub(crate) async fn reader(&self, role: &str) -> Done<Database> {
        let login = self.login(&format!("reads_as_{role}"), role).await?;
        self.connect(&login).await
    }

    /// Makes a login, if it is not there.
    async fn login(&self, what: &str, role: &str) -> Done<String> {
        let login = format!("{}_{what}", self.name);
        let make = format!(
            "DO $$ BEGIN CREATE ROLE {login} LOGIN PASSWORD '{PASSWORD}' IN ROLE fleet_{role};
             EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        );
        self.run(&make).await?;
        Ok(login)
    }

    async fn connect(&self, login: &str) -> Done<Database> {
        let url = format!("postgres://{login}:{PASSWORD}@{}", self.place);
        Ok(Database::connect(&url, PostgresOptions::default()).await?)
    }

    /// Removes the database and its logins.
    pub(crate) async fn remove(&self) -> Done<()> {
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

    async fn run(&self, sql: &str) -> Done<()> {
        let connection = self.server.connection().await?;
        let work = connection.client().batch_execute(sql);
        Ok(connection.run("prepare the demo in", work).await?)
    }
}
