//! Summarises what a store holds of a pipeline.

use std::collections::BTreeMap;

use fleet_core::Result;
use tokio_postgres::Error;

use super::{
    checkpoints::PostgresStore,
    claim::{counts, unsigned},
    store_log,
};
use crate::{
    postgres::connect::PostgresTransaction,
    store_report::{CLASSES, RefusalClass, StoreSummary},
};

/// One snapshot for all sums, so that no other process commits between them.
const SNAPSHOT: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY";

const POSITIONS: &str = "
SELECT count(*), coalesce(bool_and(ended), false), coalesce(sum(read), 0)::bigint,
       coalesce(sum(accepted), 0)::bigint, coalesce(sum(filtered), 0)::bigint,
       coalesce(sum(dead_lettered), 0)::bigint, coalesce(sum(late), 0)::bigint,
       coalesce(sum(duplicate), 0)::bigint
FROM fleet_stream.positions WHERE pipeline = $1";

const TALLIES: &str = "
SELECT name, sum(count)::bigint FROM fleet_stream.tallies WHERE pipeline = $1 GROUP BY name";

const DEAD_LETTERS: &str = "SELECT count(*) FROM fleet_stream.dead_letters WHERE pipeline = $1";

const REFUSED: &str = "
SELECT stage, reason, count(*) AS n FROM fleet_stream.dead_letters WHERE pipeline = $1
GROUP BY stage, reason ORDER BY n DESC, stage, reason LIMIT $2";

/// Each with the server's spelling, quoted where necessary. A table may have been dropped by hand.
const TABLES: &str = "
SELECT DISTINCT table_name, to_regclass(table_name)::text FROM fleet_stream.result_tables
WHERE to_regclass(table_name) IS NOT NULL";

impl PostgresStore {
    /// Summarises what the store holds of this pipeline, for a closing report.
    ///
    /// # Errors
    /// Returns errors of reading.
    pub async fn summary(&self) -> Result<StoreSummary> {
        let tx = self.connection.begin().await?;
        let summary = tx.run("sum up", summary(&tx, self.pipeline())).await?;
        self.connection.commit(tx).await?;
        Ok(summary)
    }
}

async fn summary(tx: &PostgresTransaction, pipeline: &str) -> Result<StoreSummary, Error> {
    let client = tx.client();
    client.batch_execute(SNAPSHOT).await?;
    let row = client.query_one(POSITIONS, &[&pipeline]).await?;
    let mut summary = StoreSummary {
        pipeline: pipeline.to_owned(),
        partitions: unsigned(&row, 0)?,
        ended: row.try_get(1)?,
        counts: counts(&row, 2)?,
        ..StoreSummary::default()
    };
    for row in client.query(TALLIES, &[&pipeline]).await? {
        summary.tallies.insert(row.try_get(0)?, unsigned(&row, 1)?);
    }
    summary.dead_letters = unsigned(&client.query_one(DEAD_LETTERS, &[&pipeline]).await?, 0)?;
    let most = i64::from(CLASSES);
    for row in client.query(REFUSED, &[&pipeline, &most]).await? {
        summary.refused.push(RefusalClass {
            step: row.try_get(0)?,
            reason: row.try_get(1)?,
            count: unsigned(&row, 2)?,
        });
    }
    summary.tables = tables(tx).await?;
    summary.logs = store_log::summaries(tx).await?;
    Ok(summary)
}

async fn tables(tx: &PostgresTransaction) -> Result<BTreeMap<String, u64>, Error> {
    let mut tables = BTreeMap::new();
    for row in tx.client().query(TABLES, &[]).await? {
        let count = format!("SELECT count(*) FROM {}", row.try_get::<_, &str>(1)?);
        let rows = unsigned(&tx.client().query_one(&count, &[]).await?, 0)?;
        tables.insert(row.try_get(0)?, rows);
    }
    Ok(tables)
}
