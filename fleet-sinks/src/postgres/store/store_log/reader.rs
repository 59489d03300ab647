//! What the source of a log asks of a database.

use std::sync::Arc;

use async_trait::async_trait;
use fleet_core::{EventTime, Offset, Result};
use tokio_postgres::{Error, Row, types::ToSql};

use super::{
    super::{checkpoints::PostgresStore, claim::unsigned},
    heads,
    tenant::TenantLog,
};
use crate::{
    postgres::connect::{PostgresConnection, PostgresTransaction, cached::CachedConnection},
    store_log::{
        Kept, LaneReader, LaneStart, LogError, LogRecord, LogSource, LogSourceOptions, PageLimits,
        check_name, start_at, unbroken,
    },
};

/// Rows that one commit of a reader deletes from a lane. Our choice: more than it reads between two
/// records of its progress, so that they get fewer, and few enough to be quick.
const TRIMMED: i64 = 20_000;

/// A reader that is known keeps its place; a new one begins with the oldest row.
const REGISTER: &str = "
INSERT INTO fleet_stream.log_readers AS known (tenant, log, reader, lane, next, began)
SELECT tenant, log, $3, lane, oldest, oldest FROM (
    SELECT h.tenant, h.log, h.lane, coalesce((SELECT min(w.seq) FROM fleet_stream.log_rows w
        WHERE w.tenant = h.tenant AND w.log = h.log AND w.lane = h.lane), h.next) AS oldest
    FROM fleet_stream.log_heads h WHERE h.tenant = $1 AND h.log = $2
) AS kept ORDER BY lane
ON CONFLICT (tenant, log, reader, lane) DO UPDATE SET seen_at = clock_timestamp()";

/// The oldest row that is kept of a lane, the number of the next one, and where the reader began.
const LANE: &str = "
SELECT coalesce((SELECT min(w.seq) FROM fleet_stream.log_rows w
    WHERE w.tenant = h.tenant AND w.log = h.log AND w.lane = h.lane), h.next), h.next,
    (SELECT r.began FROM fleet_stream.log_readers r
        WHERE r.tenant = h.tenant AND r.log = h.log AND r.lane = h.lane AND r.reader = $4)
FROM fleet_stream.log_heads h WHERE h.tenant = $1 AND h.log = $2 AND h.lane = $3";

const START: &str = "
INSERT INTO fleet_stream.log_readers (tenant, log, reader, lane, next, began)
VALUES ($1, $2, $3, $4, $5, $5)
ON CONFLICT (tenant, log, reader, lane)
DO UPDATE SET next = excluded.next, seen_at = clock_timestamp()";

const ENDS: &str = "
SELECT next FROM fleet_stream.log_heads WHERE tenant = $1 AND log = $2 ORDER BY lane";

/// At most `$5` rows, and `$6` bytes or one row.
const PAGE: &str = "
SELECT seq, key, at, body FROM (
    SELECT *, sum(octet_length(key) + octet_length(body)) OVER (ORDER BY seq) AS bytes_so_far
    FROM (SELECT seq, key, at, body FROM fleet_stream.log_rows
        WHERE tenant = $1 AND log = $2 AND lane = $3 AND seq >= $4 ORDER BY seq LIMIT $5) AS next
) AS summed WHERE bytes_so_far <= $6 OR seq = $4 ORDER BY seq";

/// Says that a reader is alive, and how far it is in some lanes.
const NOTE: &str = "
UPDATE fleet_stream.log_readers AS r SET seen_at = clock_timestamp(), next = greatest(r.next,
    (SELECT n.next FROM unnest($4::integer[], $5::bigint[]) AS n (lane, next)
        WHERE n.lane = r.lane))
WHERE r.tenant = $1 AND r.log = $2 AND r.reader = $3";

/// Deletes the rows of some lanes that every reader is past. A reader that is being registered
/// keeps the lock, and whoever gets it next sees it.
const TRIM: &str = "
DELETE FROM fleet_stream.log_rows AS w USING (
    SELECT r.lane, least(min(r.next), (SELECT min(o.seq) FROM fleet_stream.log_rows o
        WHERE o.tenant = $1 AND o.log = $2 AND o.lane = r.lane) + $4) AS needed
    FROM fleet_stream.log_readers r
    WHERE r.tenant = $1 AND r.log = $2 AND r.lane = ANY ($3) GROUP BY r.lane
) AS kept
WHERE w.tenant = $1 AND w.log = $2 AND w.lane = kept.lane AND w.seq < kept.needed";

/// One registered reader of a log in a database.
#[derive(Debug)]
struct PostgresReader {
    connection: CachedConnection,
    own: TenantLog,
    reader: Arc<str>,
    /// How many lanes the log has.
    lanes: u64,
}

impl PostgresStore {
    /// The source of a log of this database, for a reader of this name, which is registered. The
    /// name of the pipeline that reads is a good one.
    ///
    /// # Examples
    /// ```no_run
    /// use fleet_core::{Graph, Order, Pipeline, dialect::NativeEvents, event::FleetEvent};
    /// use fleet_sinks::{PostgresStore, store_log::{LogDecoder, LogSourceOptions}};
    /// # async fn example(store: PostgresStore) -> fleet_core::Result<()> {
    /// let source = store.log_source("telemetry", "again", LogSourceOptions::default()).await?;
    /// // Reads the rows of telemetry, perception and driving events.
    /// let decode = LogDecoder::new(NativeEvents::default());
    /// let (mut graph, events) = Graph::<FleetEvent>::new();
    /// let telemetry = graph.flat_map("telemetry", events, |event| event.telemetry().cloned());
    /// let table = store.table("telemetry").await?;
    /// Pipeline::exactly_once(source, decode, Order::default(), graph, store)
    ///     .store("telemetry", telemetry, table)
    ///     .run()
    ///     .await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Refuses a log that does not exist, a name that no topic can have, and a login of several
    /// tenants.
    ///
    /// # Cost
    /// The source keeps one connection of the pool, beside that of the store.
    pub async fn log_source(
        &self,
        log: &str,
        reader: &str,
        options: LogSourceOptions,
    ) -> Result<LogSource> {
        check_name("log", log)?;
        check_name("reader", reader)?;
        let log: Arc<str> = log.into();
        let connection = CachedConnection::new(self.database());
        let tx = connection.begin().await?;
        let own = TenantLog::of(&tx, &log).await?;
        let lanes = tx.run("read a log of", register(&tx, &own, reader)).await?;
        if lanes == 0 {
            return Err(own.missing(&tx));
        }
        connection.commit(tx).await?;
        let reader = PostgresReader {
            connection,
            own,
            reader: reader.into(),
            lanes,
        };
        let lanes = u32::try_from(lanes).unwrap_or(u32::MAX);
        Ok(LogSource::new(reader, &log, lanes, options))
    }
}

/// Registers a reader in all lanes, and returns how many there are.
async fn register(tx: &PostgresTransaction, own: &TenantLog, reader: &str) -> Result<u64, Error> {
    heads::lock_readers(tx, own).await?;
    let values: [&(dyn ToSql + Sync); 3] = [&&*own.tenant, &&*own.log, &reader];
    tx.client().execute(REGISTER, &values).await
}

impl PostgresReader {
    fn place(&self, lane: u32) -> (&str, &str, u32) {
        (&self.own.log, &self.reader, lane)
    }

    async fn ends_in(&self, connection: &PostgresConnection) -> Result<Vec<u64>, Error> {
        let ends = connection.prepare(ENDS).await?;
        let values: [&(dyn ToSql + Sync); 2] = [&&*self.own.tenant, &&*self.own.log];
        let rows = connection.client().query(&ends, &values).await?;
        rows.iter().map(|row| unsigned(row, 0)).collect()
    }

    async fn page_in(
        &self,
        connection: &PostgresConnection,
        lane: u32,
        from: u64,
        limits: PageLimits,
    ) -> Result<Vec<LogRecord>, Error> {
        let limit = |most: usize| i64::try_from(most).unwrap_or(i64::MAX);
        let values: [&(dyn ToSql + Sync); 6] = [
            &&*self.own.tenant,
            &&*self.own.log,
            &lane_number(lane),
            &from.cast_signed(),
            &limit(limits.rows),
            &limit(limits.bytes),
        ];
        let page = connection.prepare(PAGE).await?;
        let rows = connection.client().query(&page, &values).await?;
        rows.iter().map(record).collect()
    }

    /// What is kept of a lane; `None` if the log is gone.
    async fn kept(&self, tx: &PostgresTransaction, lane: u32) -> Result<Option<Kept>, Error> {
        heads::lock_readers(tx, &self.own).await?;
        let lane = lane_number(lane);
        let (tenant, log) = (&*self.own.tenant, &*self.own.log);
        let values: [&(dyn ToSql + Sync); 4] = [&tenant, &log, &lane, &&*self.reader];
        let row = tx.client().query_opt(LANE, &values).await?;
        let kept = |row: Row| {
            Ok(Kept {
                oldest: unsigned(&row, 0)?,
                end: unsigned(&row, 1)?,
                began: row.try_get::<_, Option<i64>>(2)?.map(i64::cast_unsigned),
            })
        };
        row.map(kept).transpose()
    }

    async fn register_at(&self, tx: &PostgresTransaction, lane: u32, at: u64) -> Result<(), Error> {
        let (lane, at) = (lane_number(lane), at.cast_signed());
        let (tenant, log) = (&*self.own.tenant, &*self.own.log);
        let values: [&(dyn ToSql + Sync); 5] = [&tenant, &log, &&*self.reader, &lane, &at];
        tx.client().execute(START, &values).await?;
        // What a stop left of it: a lane without new rows has no other occasion.
        let lanes = [lane];
        let values: [&(dyn ToSql + Sync); 4] = [&tenant, &log, &lanes.as_slice(), &TRIMMED];
        tx.client().execute(TRIM, &values).await?;
        Ok(())
    }

    /// Returns `false` if the reader was dropped.
    async fn note_in(&self, tx: &PostgresTransaction, done: &[(u32, u64)]) -> Result<bool, Error> {
        let lanes: Vec<i32> = done.iter().map(|(lane, _)| lane_number(*lane)).collect();
        let next: Vec<i64> = done.iter().map(|(_, next)| next.cast_signed()).collect();
        let (tenant, log) = (&*self.own.tenant, &*self.own.log);
        let note = tx.prepare(NOTE).await?;
        let values: [&(dyn ToSql + Sync); 5] = [&tenant, &log, &&*self.reader, &lanes, &next];
        // Some may have been started again after it was dropped.
        if tx.client().execute(&note, &values).await? < self.lanes {
            return Ok(false);
        }
        if done.is_empty() {
            return Ok(true);
        }
        let lock = tx.prepare("SELECT pg_try_advisory_xact_lock($1)").await?;
        let locked = tx.client().query_one(&lock, &[&self.own.lock()]).await?;
        // Otherwise another reader is trimming, or begins: the next commit trims.
        if locked.try_get(0)? {
            let trim = tx.prepare(TRIM).await?;
            let values: [&(dyn ToSql + Sync); 4] = [&tenant, &log, &lanes, &TRIMMED];
            tx.client().execute(&trim, &values).await?;
        }
        Ok(true)
    }
}

fn lane_number(lane: u32) -> i32 {
    i32::try_from(lane).unwrap_or(i32::MAX)
}

fn record(row: &Row) -> Result<LogRecord, Error> {
    Ok(LogRecord {
        offset: Offset(unsigned(row, 0)?),
        key: row.try_get(1)?,
        at: EventTime::from_micros(row.try_get(2)?),
        body: row.try_get(3)?,
    })
}

#[async_trait]
impl LaneReader for PostgresReader {
    async fn ends(&self) -> Result<Vec<u64>> {
        let connection = self.connection.take().await?;
        let ends = self.ends_in(&connection);
        let ends = connection.run("read a log of", ends).await?;
        self.connection.put_back(connection);
        Ok(ends)
    }

    async fn page(&self, lane: u32, from: u64, limits: PageLimits) -> Result<Vec<LogRecord>> {
        let connection = self.connection.take().await?;
        let page = self.page_in(&connection, lane, from, limits);
        let page = connection.run("read a log of", page).await?;
        self.connection.put_back(connection);
        unbroken(self.place(lane), from, &page)?;
        Ok(page)
    }

    async fn start(&self, lane: u32, at: Option<u64>) -> Result<LaneStart> {
        let doing = "start reading a log of";
        let tx = self.connection.begin().await?;
        let Some(kept) = tx.run(doing, self.kept(&tx, lane)).await? else {
            return Err(self.own.missing(&tx));
        };
        let start = start_at(self.place(lane), at, kept)?;
        tx.run(doing, self.register_at(&tx, lane, start.at)).await?;
        self.connection.commit(tx).await?;
        Ok(start)
    }

    async fn note(&self, done: &[(u32, u64)]) -> Result<()> {
        let tx = self.connection.begin().await?;
        let noted = self.note_in(&tx, done);
        if !tx.run("note what is read of a log in", noted).await? {
            let (log, reader) = (self.own.log.to_string(), self.reader.to_string());
            return Err(LogError::Dropped { log, reader }.into());
        }
        self.connection.commit(tx).await
    }
}
