//! Who reads logs, how far each reader is, and the end of one.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use fleet_core::Result;
use tokio_postgres::{Error, Row, types::ToSql};

use super::{
    super::{checkpoints::PostgresStore, claim::unsigned},
    heads,
    tenant::{TenantLog, of_login},
};
use crate::{
    postgres::connect::PostgresTransaction,
    store_log::{LogError, LogReader, LogSummary, check_name},
};

/// The readers of a log, the slowest first.
const READERS: &str = "
SELECT r.reader, sum(greatest(h.next - r.next, 0))::bigint AS behind,
    extract(epoch FROM greatest(clock_timestamp() - max(r.seen_at), interval '0'))::float8
FROM fleet_stream.log_readers r
    JOIN fleet_stream.log_heads h ON h.tenant = r.tenant AND h.log = r.log AND h.lane = r.lane
WHERE r.tenant = $1 AND r.log = $2 GROUP BY r.reader ORDER BY behind DESC, r.reader";

impl PostgresStore {
    /// Drops a reader of a log that is gone, so that rows are no longer kept for it. If it comes
    /// back, it is refused unless every row it needs is still there.
    ///
    /// # Examples
    /// ```no_run
    /// # use fleet_sinks::PostgresStore;
    /// # async fn example(store: PostgresStore) -> fleet_core::Result<()> {
    /// for (log, held) in store.summary().await?.logs {
    ///     for reader in held.readers.iter().filter(|reader| reader.is_gone()) {
    ///         store.drop_reader(&log, &reader.name).await?;
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Refuses a reader that does not exist, and one that was seen in the last five minutes.
    pub async fn drop_reader(&self, log: &str, reader: &str) -> Result<()> {
        self.drop_reader_if(log, reader, LogReader::is_gone).await
    }

    /// Drops a reader of a log even if it was seen lately. If it is running, it ends with an error.
    ///
    /// # Errors
    /// Refuses a reader that does not exist.
    pub async fn drop_active_reader(&self, log: &str, reader: &str) -> Result<()> {
        self.drop_reader_if(log, reader, |_| true).await
    }

    async fn drop_reader_if(
        &self,
        log: &str,
        reader: &str,
        may: fn(&LogReader) -> bool,
    ) -> Result<()> {
        // No other name can have been registered, and the server refuses some.
        check_name("log", log)?;
        check_name("reader", reader)?;
        let tx = self.connection.begin().await?;
        let own = TenantLog::of(&tx, &Arc::from(log)).await?;
        let doing = "drop a reader of a log in";
        tx.run(doing, heads::lock_readers(&tx, &own)).await?;
        let known = tx.run(doing, of(&tx, &own)).await?;
        let Some(found) = known.iter().find(|known| known.name == reader) else {
            let known: Vec<_> = known.into_iter().map(|known| known.name).collect();
            return Err(LogError::no_reader(log, reader, &known).into());
        };
        if !may(found) {
            return Err(LogError::active(log, reader, found.silent).into());
        }
        let delete = "DELETE FROM fleet_stream.log_readers
            WHERE tenant = $1 AND log = $2 AND reader = $3";
        let values: [&(dyn ToSql + Sync); 3] = [&&*own.tenant, &log, &reader];
        tx.run(doing, tx.client().execute(delete, &values)).await?;
        self.connection.commit(tx).await
    }
}

/// The readers of a log, the slowest first.
pub(super) async fn of(tx: &PostgresTransaction, own: &TenantLog) -> Result<Vec<LogReader>, Error> {
    let reader = |row: &Row| {
        let silent = Duration::try_from_secs_f64(row.try_get(2)?);
        Ok(LogReader {
            name: row.try_get(0)?,
            behind: unsigned(row, 1)?,
            silent: silent.unwrap_or_default(),
        })
    };
    let values: [&(dyn ToSql + Sync); 2] = [&&*own.tenant, &&*own.log];
    let rows = tx.client().query(READERS, &values).await?;
    rows.iter().map(reader).collect()
}

/// Summarises every log of the login's tenant.
pub(in crate::postgres::store) async fn summaries(
    tx: &PostgresTransaction,
) -> Result<BTreeMap<String, LogSummary>, Error> {
    let (tenant, _) = of_login(tx).await?;
    let tenant: Arc<str> = tenant.into();
    let logs = "SELECT DISTINCT log FROM fleet_stream.log_heads WHERE tenant = $1";
    let mut summaries = BTreeMap::new();
    for row in tx.client().query(logs, &[&&*tenant]).await? {
        let log: String = row.try_get(0)?;
        let own = TenantLog {
            tenant: Arc::clone(&tenant),
            log: log.as_str().into(),
        };
        let ends = heads::ends(tx, &own).await?;
        let summary = LogSummary {
            lanes: u32::try_from(ends.len()).unwrap_or(u32::MAX),
            written: ends.iter().sum(),
            waiting: heads::waiting(tx, &own).await?,
            readers: of(tx, &own).await?,
        };
        summaries.insert(log, summary);
    }
    Ok(summaries)
}
