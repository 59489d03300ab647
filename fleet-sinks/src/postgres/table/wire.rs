//! Sends rows to the server inside savepoints, with as few round trips as possible.

use std::{
    ops::Range,
    pin::{Pin, pin},
};

use bytes::Bytes;
use fleet_core::Result;
use futures_util::{
    SinkExt,
    future::{join, join3},
};
use tokio_postgres::{CopyInSink, Error, Statement, types::ToSql};

use super::sql::{Staging, Statements};
use crate::postgres::connect::{PostgresTransaction, connection::StagingState, error};

const SAVEPOINT: &str = "SAVEPOINT fleet_rows";
const RELEASE: &str = "RELEASE SAVEPOINT fleet_rows";
const UNDO: &str = "ROLLBACK TO SAVEPOINT fleet_rows; RELEASE SAVEPOINT fleet_rows";

/// Sends rows of one table in an open transaction.
///
/// A savepoint and its release are sent together with the statement between them. If the statement
/// fails, so does the release after it, and the savepoint remains.
pub(super) struct Wire<'a> {
    pub(super) tx: &'a PostgresTransaction,
    pub(super) table: &'a str,
    pub(super) statements: &'a Statements,
}

impl Wire<'_> {
    /// Copies rows to the staging table, which `before` describes.
    pub(super) async fn copy_to_staging(
        &self,
        staging: &Staging,
        before: StagingState,
        messages: impl Iterator<Item = Bytes>,
    ) -> Result<()> {
        let prepare = match before {
            StagingState::Missing => Some(&staging.make),
            StagingState::Empty => None,
            StagingState::Used => Some(&staging.empty),
        };
        if let Some(prepare) = prepare {
            let prepared = self.tx.client().batch_execute(prepare);
            self.tx.run(&self.doing(), prepared).await?;
        }
        let copied = async {
            let copy = self.tx.prepare(&self.statements.copy).await?;
            let mut sink = pin!(self.begin(&copy).await?);
            feed(sink.as_mut(), messages).await?;
            sink.finish().await
        };
        self.tx.run(&self.doing(), copied).await?;
        Ok(())
    }

    /// Inserts the staged rows with these ordinals, all or none.
    pub(super) async fn insert(
        &self,
        staging: &Staging,
        ordinals: Range<usize>,
    ) -> Result<Result<u64, Error>> {
        let ordinal = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
        let (from, to) = (ordinal(ordinals.start), ordinal(ordinals.end));
        let client = self.tx.client();
        let inserted = async {
            let insert = self.tx.prepare(&staging.insert).await?;
            let ordinals: [&(dyn ToSql + Sync); 2] = [&from, &to];
            let (saved, inserted, released) = join3(
                client.batch_execute(SAVEPOINT),
                client.execute(&insert, &ordinals),
                client.batch_execute(RELEASE),
            )
            .await;
            saved?;
            inserted.and_then(|rows| released.map(|()| rows))
        };
        self.tx.connection().attempt(&self.doing(), inserted).await
    }

    /// Writes rows by `COPY` into the table itself, all or none.
    pub(super) async fn copy(
        &self,
        messages: impl Iterator<Item = Bytes>,
    ) -> Result<Result<u64, Error>> {
        let client = self.tx.client();
        let copied = async {
            let copy = self.tx.prepare(&self.statements.copy).await?;
            let (saved, begun) = join(client.batch_execute(SAVEPOINT), self.begin(&copy)).await;
            saved?;
            let mut sink = pin!(begun?);
            feed(sink.as_mut(), messages).await?;
            let (copied, released) = join(sink.finish(), client.batch_execute(RELEASE)).await;
            copied.and_then(|rows| released.map(|()| rows))
        };
        self.tx.connection().attempt(&self.doing(), copied).await
    }

    async fn begin(&self, copy: &Statement) -> Result<CopyInSink<Bytes>, Error> {
        let begun = self.tx.client().copy_in(copy).await;
        if begun.is_err() {
            // Refused before the first row, for a lock or a right. The client (0.7.18) then sends
            // one `Sync` too many and miscounts the answers.
            self.tx.connection().abandon();
        }
        begun
    }

    /// Rolls back to before the last statement, which failed.
    pub(super) async fn undo(&self) -> Result<()> {
        let undone = self.tx.client().batch_execute(UNDO);
        self.tx.run(&self.doing(), undone).await
    }

    fn doing(&self) -> String {
        format!("write to table {} of", self.table)
    }

    pub(super) fn failed(&self, cause: Error) -> fleet_core::Error {
        error::failed(&self.doing(), self.tx.connection().address(), cause)
    }
}

async fn feed(
    mut sink: Pin<&mut CopyInSink<Bytes>>,
    messages: impl Iterator<Item = Bytes>,
) -> Result<(), Error> {
    for message in messages {
        sink.feed(message).await?;
    }
    Ok(())
}
