//! Results on a PostgreSQL server.

use std::io::Write;

use fleet_core::Result;
use fleet_sinks::{
    Exported, PostgresStore, StoreSummary, StoredDeadLetter,
    postgres::{Database, tokio_postgres},
};

use crate::database::row::Row;

/// The tenant is the one that the command writes for.
pub(super) const SELF_DRIVING: &str =
    "(SELECT * FROM fleet.self_driving_hours WHERE tenant = 'demo') AS hours";
pub(super) const TRIPS: &str = "(SELECT d.safety_score AS score, l.reason AS insufficient
    FROM fleet.driver_scores d JOIN fleet.trip_logs l USING (tenant, trip_id) WHERE tenant = 'demo') AS trips";

/// A connected server.
pub(crate) struct PostgresServer(pub(super) Database);

impl PostgresServer {
    pub(super) async fn summary(&self, pipeline: &str) -> Result<StoreSummary> {
        self.store(pipeline).await?.summary().await
    }

    pub(super) async fn dead_letters(
        &self,
        pipeline: &str,
        limit: usize,
    ) -> Result<Vec<StoredDeadLetter>> {
        self.store(pipeline).await?.dead_letters(limit).await
    }

    pub(super) async fn export_dead_letters(
        &self,
        pipeline: &str,
        to: &mut dyn Write,
    ) -> Result<Exported> {
        self.store(pipeline).await?.export_dead_letters(to).await
    }

    pub(super) async fn export_rejected_rows(
        &self,
        pipeline: &str,
        sink: &str,
        to: &mut dyn Write,
    ) -> Result<Exported> {
        let store = self.store(pipeline).await?;
        store.export_rejected_rows(sink, to).await
    }

    pub(super) async fn has_table(&self, name: &str) -> Result<bool> {
        let connection = self.0.connection().await?;
        let exists = "SELECT to_regclass($1) IS NOT NULL";
        let exists = connection.client().query_one(exists, &[&name]).await;
        connection
            .run("look for tables in", async { exists?.try_get(0) })
            .await
    }

    pub(super) async fn rows(&self, sql: &str) -> Result<Vec<Row>> {
        let connection = self.0.connection().await?;
        let read = async {
            let rows = connection.client().query(sql, &[]).await?;
            let rows = rows.iter().map(Row::from_postgres);
            rows.collect::<Result<_, tokio_postgres::Error>>()
        };
        connection.run("read the results in", read).await
    }

    pub(super) async fn store(&self, pipeline: &str) -> Result<PostgresStore> {
        PostgresStore::open(&self.0, pipeline).await
    }
}
