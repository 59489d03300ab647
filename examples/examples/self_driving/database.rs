//! A database of PostgreSQL for one run, and what is in its tables.

use fleet_core::EventTime;
use fleet_sinks::postgres::{Database, PostgresOptions};

use crate::{Fallible, run::Results};

/// A database that is removed in the end.
pub(crate) struct Scratch {
    server: Database,
    name: String,
    pub(crate) url: String,
}

impl Scratch {
    pub(crate) async fn create() -> Fallible<Self> {
        let url = std::env::var("FLEET_POSTGRES_URL").map_err(
            |_| "FLEET_POSTGRES_URL is not set: `cargo xtask services up` starts a server",
        )?;
        let server = Database::connect(&url, PostgresOptions::default()).await?;
        let name = format!("self_driving_{}", std::process::id());
        let (front, query) = url.split_once('?').unwrap_or((&url, ""));
        let (front, _) = front.rsplit_once('/').ok_or("the URL names no database")?;
        let scratch = Self {
            url: format!("{front}/{name}?{query}"),
            server,
            name,
        };
        scratch
            .run(&format!("CREATE DATABASE {}", scratch.name))
            .await?;
        Ok(scratch)
    }

    pub(crate) async fn remove(&self) -> Fallible<()> {
        self.run(&format!("DROP DATABASE {} WITH (FORCE)", self.name))
            .await
    }

    async fn run(&self, sql: &str) -> Fallible<()> {
        let connection = self.server.connection().await?;
        let work = connection.client().batch_execute(sql);
        Ok(connection.run("prepare the example in", work).await?)
    }
}

/// How many events are committed, by all workers together.
pub(crate) async fn committed(url: &str) -> Fallible<u64> {
    let database = Database::connect(url, PostgresOptions::default()).await?;
    let store = fleet_sinks::PostgresStore::open(&database, "self_driving").await?;
    let progress = store.summary().await?;
    Ok(progress.counts.read)
}

/// Reads what a run has stored.
pub(crate) async fn results(url: &str) -> Fallible<Results> {
    let database = Database::connect(url, PostgresOptions::default()).await?;
    let connection = database.connection().await?;
    let work = async {
        let client = connection.client();
        let alerts = "SELECT vehicle_id, (extract(epoch FROM time) * 1000000)::bigint, kind \
                      FROM alerts";
        let risks = "SELECT vehicle_id, (extract(epoch FROM time) * 1000000)::bigint, \
                     coalesce(trim(to_char(own_kmh, '999999990.000')), 'none') FROM risks";
        let hours = "SELECT vehicle_id, (extract(epoch FROM start) * 1000000)::bigint, \
                     sum(telemetry)::bigint, sum(interventions)::bigint, \
                     sum(disengagements)::bigint FROM hours GROUP BY vehicle_id, start";
        Ok((
            client.query(alerts, &[]).await?,
            client.query(risks, &[]).await?,
            client.query(hours, &[]).await?,
        ))
    };
    let (alerts, risks, hours) = connection.run("read the results in", work).await?;
    let time = EventTime::from_micros;
    let mut results = Results::default();
    for (rows, found) in [(alerts, &mut results.alerts), (risks, &mut results.risks)] {
        for row in rows {
            found.push((row.try_get(0)?, time(row.try_get(1)?), row.try_get(2)?));
        }
    }
    for row in hours {
        let counts = [row.try_get(2)?, row.try_get(3)?, row.try_get(4)?];
        let hour = (row.try_get(0)?, time(row.try_get(1)?), counts);
        results.hours.push(hour);
    }
    Ok(results)
}
