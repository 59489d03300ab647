//! What waits in a store to be relayed: messages of the outbox, or dead letters.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use fleet_core::{ContentId, EventTime, Result};
use tokio_postgres::{Error, Row, types::FromSql};

use super::{
    checkpoints::PostgresStore, claim::unsigned, dead_letter_rows, text::storable,
    waiting_sql::WaitingSql,
};
use crate::{
    outbox::{
        Backlog, BacklogSize, Contents, OutboxMessage, Page, RefusedMessage, Settled, Waiting,
    },
    postgres::connect::{Database, PostgresConnection, lock},
    store_report::unpack_headers,
};

/// What a [`PostgresStore`] holds for topics: the messages of its outbox, or its dead letters.
///
/// # Guarantees
/// Of several relays of one pipeline, in any process, one owns the backlog: it holds an advisory
/// lock of its session, and marks in the same session. The others wait until it ends or the server
/// notices that its connection is gone.
///
/// In a database with the schema `fleet` a login sees what belongs to its tenants alone; a member
/// of `fleet_maintainer` sees all.
///
/// # Cost
/// The owner keeps one connection of the pool.
#[derive(Debug)]
pub struct PostgresBacklog {
    database: Database,
    pipeline: Arc<str>,
    contents: Contents,
    sql: WaitingSql,
    /// Holds the lock.
    session: Option<PostgresConnection>,
}

impl PostgresStore {
    /// The messages that wait in the outbox of this pipeline.
    ///
    /// # Examples
    /// ```no_run
    /// use fleet_sinks::{PostgresStore, outbox::Backlog};
    /// # async fn example(store: PostgresStore) -> fleet_core::Result<()> {
    /// let size = store.outbox_backlog().measure().await?;
    /// println!("{} wait, the oldest for {:?}", size.waiting, size.oldest);
    /// # Ok(()) }
    /// ```
    pub fn outbox_backlog(&self) -> PostgresBacklog {
        self.backlog(Contents::outbox())
    }

    /// The dead letters of this pipeline that wait to be sent to a dead-letter topic: all that were
    /// ever stored, and not yet relayed.
    ///
    /// # Errors
    /// Refuses a name that no topic can have.
    pub fn dead_letter_backlog(&self, topic: &str) -> Result<PostgresBacklog> {
        Ok(self.backlog(Contents::dead_letters(topic)?))
    }

    fn backlog(&self, contents: Contents) -> PostgresBacklog {
        PostgresBacklog {
            database: self.database().clone(),
            pipeline: Arc::clone(&self.pipeline),
            sql: WaitingSql::of(&contents),
            contents,
            session: None,
        }
    }
}

impl PostgresBacklog {
    /// Sets how long relayed messages of an outbox are remembered, so that none is stored again
    /// after a replay. Default: 7 days, as long as topics keep records by default. Dead letters are
    /// always kept.
    #[must_use]
    pub fn with_keep(mut self, keep: Duration) -> Self {
        self.contents.keep_for(keep);
        self
    }

    fn lock(&self) -> i64 {
        lock::relay(self.contents.word(), &self.pipeline)
    }

    /// Reads a message, and the column behind it.
    fn message<'a, A: FromSql<'a>>(&self, row: &'a Row) -> Result<(OutboxMessage, A), Error> {
        let (message, next) = match &self.contents {
            Contents::Outbox { .. } => (stored(row)?, 6),
            Contents::DeadLetters { topic } => {
                let letter = dead_letter_rows::stored(row, &self.pipeline)?;
                (letter.message(&self.pipeline, topic), 13)
            }
        };
        Ok((message, row.try_get(next)?))
    }

    async fn page_in(
        &self,
        session: &PostgresConnection,
        page: &Page<'_>,
    ) -> Result<Vec<Waiting>, Error> {
        let limit = |most: usize| i64::try_from(most).unwrap_or(i64::MAX);
        let (messages, bytes) = (limit(page.messages), limit(page.bytes));
        let pipeline = &*self.pipeline;
        let client = session.client();
        let rows = match &self.contents {
            Contents::DeadLetters { topic } if page.without.contains(topic) => Vec::new(),
            Contents::DeadLetters { .. } => {
                let oldest = session.prepare(&self.sql.page).await?;
                client
                    .query(&oldest, &[&pipeline, &messages, &bytes])
                    .await?
            }
            Contents::Outbox { .. } => {
                let oldest = session.prepare(&self.sql.page).await?;
                let values: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
                    [&pipeline, &messages, &bytes, &page.without];
                client.query(&oldest, &values).await?
            }
        };
        let waiting = rows.iter().map(|row| {
            let (message, place) = self.message(row)?;
            Ok(Waiting { place, message })
        });
        waiting.collect()
    }

    /// Marks by one statement, outside any other transaction.
    async fn mark_in(
        &self,
        session: &PostgresConnection,
        settled: &[Settled],
    ) -> Result<(), Error> {
        let pipeline = &*self.pipeline;
        let places: Vec<_> = settled.iter().map(|one| one.place).collect();
        let refusals: Vec<_> = settled
            .iter()
            .map(|one| one.refusal.as_deref().map(storable))
            .collect();
        let client = session.client();
        let mark = session.prepare(&self.sql.mark).await?;
        client
            .execute(&mark, &[&pipeline, &places, &refusals])
            .await?;
        if let Contents::Outbox { keep } = self.contents {
            let forget = session.prepare(&self.sql.forget).await?;
            let keep = keep.as_secs_f64().min(CENTURY);
            client.execute(&forget, &[&pipeline, &keep]).await?;
        }
        Ok(())
    }

    async fn size_in(&self, connection: &PostgresConnection) -> Result<BacklogSize, Error> {
        let size = connection.prepare(&self.sql.size).await?;
        let client = connection.client();
        let row = client.query_one(&size, &[&&*self.pipeline]).await?;
        let oldest = row.try_get::<_, Option<f64>>(1)?;
        Ok(BacklogSize {
            waiting: unsigned(&row, 0)?,
            oldest: oldest.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
            refused: unsigned(&row, 2)?,
        })
    }

    /// Gives the session up, and the lock with it: nobody knows what it did last.
    fn lose(&mut self) {
        if let Some(session) = self.session.take() {
            session.abandon();
        }
    }
}

/// The longest time that messages are remembered, in seconds: intervals of the server have an end.
const CENTURY: f64 = 3_155_760_000.0;

#[async_trait]
impl Backlog for PostgresBacklog {
    async fn own(&mut self) -> Result<bool> {
        if self
            .session
            .as_ref()
            .is_some_and(PostgresConnection::is_usable)
        {
            return Ok(true);
        }
        self.lose();
        let session = self.database.connection().await?;
        let asked = async {
            let row = session
                .client()
                .query_one("SELECT pg_try_advisory_lock($1)", &[&self.lock()])
                .await?;
            row.try_get(0)
        };
        let owns = session.run("take over the relay of", asked).await?;
        if owns {
            self.session = Some(session);
        }
        Ok(owns)
    }

    async fn page(&mut self, page: &Page<'_>) -> Result<Vec<Waiting>> {
        let Some(session) = &self.session else {
            return Ok(Vec::new());
        };
        let read = self.page_in(session, page);
        let read = session.run("read what waits from", read).await;
        if read.is_err() {
            self.lose();
        }
        read
    }

    async fn settle(&mut self, settled: &[Settled]) -> Result<bool> {
        let Some(session) = &self.session else {
            return Ok(false);
        };
        let marked = self.mark_in(session, settled);
        let marked = session.run("mark what was relayed in", marked).await;
        if marked.is_err() {
            self.lose();
        }
        marked.map(|()| true)
    }

    async fn measure(&mut self) -> Result<BacklogSize> {
        let connection = self.database.connection().await?;
        let size = self.size_in(&connection);
        connection.run("count what waits in", size).await
    }

    async fn refused(&mut self, limit: usize) -> Result<Vec<RefusedMessage>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let connection = self.database.connection().await?;
        let read = async {
            let refused = connection.prepare(&self.sql.refused).await?;
            let client = connection.client();
            let rows = client.query(&refused, &[&&*self.pipeline, &limit]).await?;
            let refused = rows.iter().map(|row| {
                let (message, reason) = self.message(row)?;
                Ok(RefusedMessage { message, reason })
            });
            refused.collect()
        };
        connection.run("read what was refused from", read).await
    }

    async fn retry_refused(&mut self) -> Result<u64> {
        let connection = self.database.connection().await?;
        let again = async {
            let again = connection.prepare(&self.sql.again).await?;
            let client = connection.client();
            client.execute(&again, &[&&*self.pipeline]).await
        };
        let doing = "let what was refused wait again in";
        connection.run(doing, again).await
    }

    async fn release(&mut self) -> Result<()> {
        let Some(session) = self.session.take() else {
            return Ok(());
        };
        // Before the pool has the connection: it is only cleaned for its next user.
        let lock = self.lock();
        let unlock: [&(dyn tokio_postgres::types::ToSql + Sync); 1] = [&lock];
        let unlock = session
            .client()
            .execute("SELECT pg_advisory_unlock($1)", &unlock);
        let released = session.run("end the relay of", unlock).await;
        if released.is_err() {
            session.abandon();
        }
        released.map(drop)
    }
}

impl Drop for PostgresBacklog {
    fn drop(&mut self) {
        // The pool would keep the lock for as long as nobody uses the connection.
        self.lose();
    }
}

/// Reads a message of the outbox.
fn stored(row: &Row) -> Result<OutboxMessage, Error> {
    let id = row.try_get::<_, &str>(1)?.parse();
    let headers = row.try_get::<_, Option<&[u8]>>(5)?;
    Ok(OutboxMessage {
        topic: row.try_get(0)?,
        // The column is a UUID, so it can always be read.
        id: id.unwrap_or(ContentId(0)),
        key: row.try_get(2)?,
        value: row.try_get(3)?,
        at: EventTime::from_micros(row.try_get(4)?),
        headers: headers.map(unpack_headers).unwrap_or_default(),
    })
}
