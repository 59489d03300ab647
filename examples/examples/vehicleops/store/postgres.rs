//! PostgreSQL: messages for topics are rows of the outbox, in the transaction of the position, and
//! a relay produces them.

use std::time::Duration;

use fleet_sinks::{
    PostgresStore,
    kafka::{KafkaSinkOptions, Relay, RelayOptions},
    outbox::Backlog,
    postgres::{Database, PostgresOptions},
};

use crate::Fallible;

/// The table of the log of commands.
pub(super) const LOG: &str = "command_log";

/// How often a relay looks for messages. Our choice: hardly seen beside the other delays.
const POLL: Duration = Duration::from_millis(100);

/// A database that is removed in the end.
pub(crate) struct Stores {
    server: Database,
    name: String,
    database: Database,
}

impl Stores {
    pub(crate) async fn create() -> Fallible<Self> {
        let url = std::env::var("FLEET_POSTGRES_URL").map_err(
            |_| "FLEET_POSTGRES_URL is not set: `cargo xtask services up` starts a server",
        )?;
        let server = Database::connect(&url, PostgresOptions::default()).await?;
        let name = format!("vehicleops_{}", std::process::id());
        run(&server, &format!("CREATE DATABASE {name}")).await?;
        let (front, query) = url.split_once('?').unwrap_or((&url, ""));
        let (front, _) = front.rsplit_once('/').ok_or("the URL names no database")?;
        // Four stores and their relays.
        let options = PostgresOptions {
            pool_size: 12,
            ..PostgresOptions::default()
        };
        let database = Database::connect(&format!("{front}/{name}?{query}"), options).await?;
        let stores = Self {
            server,
            name,
            database,
        };
        // Makes the tables, before several pipelines begin at the same time.
        stores.open("fleet").await?;
        Ok(stores)
    }

    pub(crate) async fn remove(&self) -> Fallible<()> {
        run(
            &self.server,
            &format!("DROP DATABASE {} WITH (FORCE)", self.name),
        )
        .await
    }

    /// The store of a pipeline.
    pub(crate) async fn open(&self, pipeline: &str) -> Fallible<PostgresStore> {
        Ok(PostgresStore::open(&self.database, pipeline).await?)
    }

    /// The id and the status of each line of the log of commands.
    pub(crate) async fn log_lines(&self) -> Fallible<Vec<(String, String)>> {
        let connection = self.database.connection().await?;
        let sql = format!("SELECT id, status FROM {LOG}");
        let work = connection.client().query(&sql, &[]);
        let rows = connection.run("read the log of commands in", work).await?;
        rows.into_iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
            .collect()
    }

    /// Brings what a pipeline commits to its topics, until the pipeline has ended and all is there.
    pub(crate) async fn deliver(
        &self,
        brokers: &str,
        pipeline: &str,
        ended: impl Future<Output = ()>,
    ) -> Fallible<()> {
        let store = self.open(pipeline).await?;
        let options = RelayOptions {
            poll: POLL,
            ..RelayOptions::default()
        };
        let (kafka, backlog) = (KafkaSinkOptions::default(), store.outbox_backlog());
        let mut relay = Relay::open(brokers, backlog, &kafka, options)?;
        let drained = async {
            ended.await;
            let mut rest = store.outbox_backlog();
            // A store that does not answer is the relay's to report.
            while rest.measure().await.map_or(true, |size| size.waiting > 0) {
                tokio::time::sleep(POLL).await;
            }
        };
        let status = relay.run(drained).await?;
        assert_eq!(status.refused(), 0, "{:?}", status.topics);
        Ok(())
    }
}

async fn run(database: &Database, sql: &str) -> Fallible<()> {
    let connection = database.connection().await?;
    let work = connection.client().batch_execute(sql);
    Ok(connection.run("prepare the example in", work).await?)
}
