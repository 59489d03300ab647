//! What waits in a store to be relayed: messages of the outbox, or dead letters.

use std::time::Duration;

use async_trait::async_trait;
use fleet_core::{ContentId, EventTime, Result, checkpoint::CheckpointStore};
use rusqlite::{Connection, Row, Rows, params};

use super::{claim::unsigned, dead_letter_rows, lease::Lease, store::SqliteStore};
use crate::{
    outbox::{
        Backlog, BacklogSize, Contents, OutboxMessage, Page, RefusedMessage, Settled, Waiting,
    },
    store_report::unpack_headers,
};

/// How long a relay owns a backlog without a sign of life. Our choice: twice as long as a broker
/// may take to answer, so that the owner changes only if it is gone.
const LEASE: Duration = Duration::from_secs(60);
/// Relayed messages that are deleted with one mark. Our choice: more than a page marks, so that
/// they get fewer, and few enough that commits do not wait.
const PRUNED: u32 = 2_000;

/// What a [`SqliteStore`] holds for topics: the messages of its outbox, or its dead letters.
///
/// # Guarantees
/// Of several relays of one pipeline, in any process, one owns the backlog for a minute, and longer
/// with each step. The others wait until it ends, or 60 s after it is gone. An owner that was
/// silent for longer may have a successor; it hears of that before it marks anything.
#[derive(Debug)]
pub struct SqliteBacklog {
    store: SqliteStore,
    contents: Contents,
    lease: Lease,
}

impl SqliteStore {
    /// The messages that wait in the outbox of this pipeline.
    ///
    /// # Examples
    /// ```
    /// use fleet_sinks::{SqliteStore, outbox::Backlog};
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let size = SqliteStore::open_in_memory("demo")?.outbox_backlog()?.measure().await?;
    /// assert_eq!((size.waiting, size.oldest), (0, None));
    /// # Ok::<(), fleet_core::Error>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    /// Waits for an open transaction, up to the busy timeout.
    pub fn outbox_backlog(&self) -> Result<SqliteBacklog> {
        self.backlog(Contents::outbox())
    }

    /// The dead letters of this pipeline that wait to be sent to a dead-letter topic: all that were
    /// ever stored, and not yet relayed. How long they wait is not noted.
    ///
    /// # Errors
    /// Refuses a name that no topic can have. Waits for an open transaction, up to the busy
    /// timeout.
    pub fn dead_letter_backlog(&self, topic: &str) -> Result<SqliteBacklog> {
        self.backlog(Contents::dead_letters(topic)?)
    }

    fn backlog(&self, contents: Contents) -> Result<SqliteBacklog> {
        let owner = self.read("open a backlog of", |db| {
            db.query_row("SELECT random()", [], |row| row.get(0))
        })?;
        Ok(SqliteBacklog {
            store: self.clone(),
            lease: Lease {
                kind: contents.word(),
                owner,
                seconds: LEASE.as_secs_f64(),
            },
            contents,
        })
    }
}

impl SqliteBacklog {
    /// Sets how long relayed messages of an outbox are remembered, so that none is stored again
    /// after a replay. Default: 7 days, as long as topics keep records by default. Dead letters are
    /// always kept.
    #[must_use]
    pub fn with_keep(mut self, keep: Duration) -> Self {
        self.contents.keep_for(keep);
        self
    }

    /// Sets how long a relay that is gone keeps others waiting. Default: 60 s. All relays of a
    /// backlog need the same.
    #[must_use]
    pub fn with_lease(mut self, lease: Duration) -> Self {
        self.lease.seconds = lease.as_secs_f64();
        self
    }

    /// The table, the column of its places, and those that [`message`](Self::message) reads.
    fn source(&self) -> (&'static str, &'static str, &'static str) {
        match self.contents {
            Contents::Outbox { .. } => {
                let columns = "topic, id, key, value, at, headers";
                ("outbox_messages", "seq", columns)
            }
            Contents::DeadLetters { .. } => ("dead_letters", "rowid", dead_letter_rows::COLUMNS),
        }
    }

    /// Reads a message, and behind it the last two columns.
    fn message<A: rusqlite::types::FromSql>(
        &self,
        row: &Row<'_>,
    ) -> rusqlite::Result<(OutboxMessage, A)> {
        let pipeline = self.store.pipeline();
        let (message, next) = match &self.contents {
            Contents::Outbox { .. } => (stored(row)?, 6),
            Contents::DeadLetters { topic } => {
                let letter = dead_letter_rows::stored(row, pipeline)?;
                (letter.message(pipeline, topic), 13)
            }
        };
        Ok((message, row.get(next)?))
    }

    fn page_of(&self, db: &Connection, page: &Page<'_>) -> rusqlite::Result<Vec<Waiting>> {
        if let Contents::DeadLetters { topic } = &self.contents
            && page.without.contains(topic)
        {
            return Ok(Vec::new());
        }
        let (table, place, columns) = self.source();
        let oldest = format!(
            "SELECT {columns}, {place} FROM {table}
             WHERE pipeline = ?1 AND relayed_at IS NULL AND relay_refused IS NULL
             ORDER BY {place}"
        );
        let mut oldest = db.prepare_cached(&oldest)?;
        self.bounded(oldest.query([self.store.pipeline()])?, page)
    }

    /// Reads rows up to the limits of the page.
    fn bounded(&self, mut rows: Rows<'_>, page: &Page<'_>) -> rusqlite::Result<Vec<Waiting>> {
        let (mut waiting, mut bytes) = (Vec::new(), 0);
        while waiting.len() < page.messages
            && let Some(row) = rows.next()?
        {
            let (message, place) = self.message(row)?;
            if page.without.contains(&message.topic) {
                continue;
            }
            bytes += message.size();
            if bytes > page.bytes && !waiting.is_empty() {
                break;
            }
            waiting.push(Waiting { place, message });
        }
        Ok(waiting)
    }

    fn mark(&self, db: &Connection, settled: &[Settled]) -> rusqlite::Result<bool> {
        let pipeline = self.store.pipeline();
        if !self.lease.extend(db, pipeline)? {
            return Ok(false);
        }
        let (table, place, _) = self.source();
        let mark = format!(
            "UPDATE {table} SET relay_refused = ?2, relayed_at =
                 CASE WHEN ?2 IS NULL THEN strftime('%Y-%m-%dT%H:%M:%fZ', 'now') END
             WHERE {place} = ?1 AND pipeline = ?3"
        );
        let mut mark = db.prepare_cached(&mark)?;
        for one in settled {
            mark.execute(params![one.place, one.refusal, pipeline])?;
        }
        if let Contents::Outbox { keep } = self.contents {
            db.prepare_cached(
                "DELETE FROM outbox_messages WHERE seq IN (
                     SELECT seq FROM outbox_messages WHERE pipeline = ?1 AND relayed_at IS NOT NULL
                     AND relayed_at <= strftime('%Y-%m-%dT%H:%M:%fZ', 'now', ?2) LIMIT ?3)",
            )?
            .execute(params![
                pipeline,
                format!("-{} seconds", keep.as_secs_f64()),
                PRUNED
            ])?;
        }
        Ok(true)
    }

    fn size(&self, db: &Connection) -> rusqlite::Result<BacklogSize> {
        let (table, ..) = self.source();
        let oldest = match self.contents {
            Contents::Outbox { .. } => {
                "max(unixepoch('subsec') - unixepoch(min(stored_at), 'subsec'), 0.0)"
            }
            Contents::DeadLetters { .. } => "NULL",
        };
        let waiting = format!(
            "SELECT count(*), {oldest} FROM {table}
             WHERE pipeline = ?1 AND relayed_at IS NULL AND relay_refused IS NULL"
        );
        let refused = format!(
            "SELECT count(*) FROM {table} WHERE pipeline = ?1 AND relay_refused IS NOT NULL"
        );
        let ours = [self.store.pipeline()];
        let (waiting, oldest) = db.prepare_cached(&waiting)?.query_row(ours, |row| {
            Ok((unsigned(row, 0)?, row.get::<_, Option<f64>>(1)?))
        })?;
        let refused = db
            .prepare_cached(&refused)?
            .query_row(ours, |row| unsigned(row, 0))?;
        let oldest = oldest.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        Ok(BacklogSize {
            waiting,
            oldest,
            refused,
        })
    }

    fn refused_of(&self, db: &Connection, limit: usize) -> rusqlite::Result<Vec<RefusedMessage>> {
        let (table, place, columns) = self.source();
        let refused = format!(
            "SELECT {columns}, relay_refused FROM {table}
             WHERE pipeline = ?1 AND relay_refused IS NOT NULL ORDER BY {place} LIMIT ?2"
        );
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut refused = db.prepare_cached(&refused)?;
        let refused = refused.query_map(params![self.store.pipeline(), limit], |row| {
            let (message, reason) = self.message(row)?;
            Ok(RefusedMessage { message, reason })
        })?;
        refused.collect()
    }

    /// Changes something in a transaction, or rolls it back if the answer is `false`.
    async fn change(
        &mut self,
        doing: &str,
        change: impl FnOnce(&Self, &Connection) -> rusqlite::Result<bool> + Send,
    ) -> Result<bool> {
        let tx = self.store.begin().await?;
        let done = change(self, tx.connection()).map_err(|cause| tx.failed(doing, cause))?;
        if done {
            tx.commit()?;
        } else {
            tx.rollback()?;
        }
        Ok(done)
    }

    async fn ask<T>(
        &self,
        doing: &str,
        ask: impl FnOnce(&Self, &Connection) -> rusqlite::Result<T> + Send,
    ) -> Result<T> {
        let db = self.store.db().lock().await;
        ask(self, &db).map_err(|cause| super::error::failed(doing, self.store.file(), cause))
    }
}

#[async_trait]
impl Backlog for SqliteBacklog {
    async fn own(&mut self) -> Result<bool> {
        let doing = "take over the relay of";
        let fresh = self.ask(doing, |backlog, db| {
            backlog.lease.is_fresh(db, backlog.store.pipeline())
        });
        if fresh.await? {
            return Ok(true);
        }
        self.change(doing, |backlog, db| {
            backlog.lease.take(db, backlog.store.pipeline())
        })
        .await
    }

    async fn page(&mut self, page: &Page<'_>) -> Result<Vec<Waiting>> {
        self.ask("read what waits from", |backlog, db| {
            backlog.page_of(db, page)
        })
        .await
    }

    async fn settle(&mut self, settled: &[Settled]) -> Result<bool> {
        self.change("mark what was relayed in", |backlog, db| {
            backlog.mark(db, settled)
        })
        .await
    }

    async fn measure(&mut self) -> Result<BacklogSize> {
        self.ask("count what waits in", Self::size).await
    }

    async fn refused(&mut self, limit: usize) -> Result<Vec<RefusedMessage>> {
        self.ask("read what was refused from", |backlog, db| {
            backlog.refused_of(db, limit)
        })
        .await
    }

    async fn retry_refused(&mut self) -> Result<u64> {
        let mut changed = 0;
        self.change("let what was refused wait again in", |backlog, db| {
            let (table, ..) = backlog.source();
            let again = format!(
                "UPDATE {table} SET relay_refused = NULL
                 WHERE pipeline = ?1 AND relay_refused IS NOT NULL"
            );
            changed = db.execute(&again, [backlog.store.pipeline()])? as u64;
            Ok(true)
        })
        .await?;
        Ok(changed)
    }

    fn lease(&self) -> Option<Duration> {
        Duration::try_from_secs_f64(self.lease.seconds).ok()
    }

    async fn release(&mut self) -> Result<()> {
        self.change("end the relay of", |backlog, db| {
            backlog.lease.release(db, backlog.store.pipeline())?;
            Ok(true)
        })
        .await?;
        Ok(())
    }
}

/// Reads a message of the outbox.
fn stored(row: &Row<'_>) -> rusqlite::Result<OutboxMessage> {
    // What somebody inserted by hand with another id is told apart by 0.
    let id = row.get_ref(1)?.as_str()?.parse().unwrap_or(ContentId(0));
    let headers = row.get_ref(5)?.as_bytes_or_null()?;
    Ok(OutboxMessage {
        topic: row.get(0)?,
        id,
        key: row.get(2)?,
        value: row.get(3)?,
        at: EventTime::from_micros(row.get(4)?),
        headers: headers.map(unpack_headers).unwrap_or_default(),
    })
}
