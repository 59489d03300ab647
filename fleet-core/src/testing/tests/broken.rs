//! A suite that passes everything proves nothing: each of these breaks one promise.

mod operators;
mod sources;

use std::panic::AssertUnwindSafe;

use async_trait::async_trait;

use super::*;
use crate::{
    contracts::{
        checkpoint::CheckpointStore,
        memory::{MemoryTable, MemoryTx},
        sink::{Outcome, Sink, TransactionalSink},
    },
    data::Result,
    planted::{Bug, plant},
};

/// What a suite says; panics if it passes.
fn refused(suite: impl Future<Output = ()>) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| runtime.block_on(suite)));
    let why = outcome.expect_err("the suite passes a broken implementation");
    let text = why.downcast_ref::<String>().map(String::as_str);
    text.or(why.downcast_ref::<&str>().copied())
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn stores_without_a_fence_or_a_number_are_refused() {
    for bug in [
        Bug::NoFence,
        Bug::FenceWithoutNumber,
        Bug::SnapshotAheadOfCommit,
    ] {
        plant(Some(bug));
        let store = MemoryStore::default();
        let why = refused(checkpoint_store(|| store.clone()));
        plant(None);
        println!("{bug:?}: {why}");
    }
    plant(Some(Bug::NoFence));
    let store = MemoryStore::default();
    refused(fencing_by_token(|| store.clone()));
    plant(None);
}

/// Refuses the row after the bad one.
struct Squinting;

#[async_trait]
impl Sink<u64> for Squinting {
    async fn write(&mut self, rows: &[Row<u64>]) -> Result<Outcome> {
        let mut outcome = Sink::write(&mut Rejecting::new(Null, too_big), rows).await?;
        for row in &mut outcome.rejected {
            row.index += 1;
        }
        Ok(outcome)
    }
}

#[test]
fn sinks_that_lose_rows_or_name_others_are_refused() {
    let rows = Rows {
        good: &row,
        bad: Some(&bad),
        stored: &|| None,
    };
    let why = refused(sink(|| Squinting, &rows));
    assert!(why.contains("each bad row is named"), "{why}");
    let lost = Rows {
        good: &row,
        bad: None,
        stored: &|| Some(0),
    };
    let why = refused(sink(|| Null, &lost));
    assert!(why.contains("durable"), "{why}");
}

/// A table that breaks one promise.
#[derive(Clone)]
struct Careless {
    store: MemoryStore,
    table: MemoryTable,
    how: How,
    /// Of earlier writes.
    left: Vec<Row<u64>>,
}

#[derive(Clone, Copy, Debug)]
enum How {
    /// Commits its rows itself.
    Hastily,
    /// Keeps the last row of each write for the next one.
    Late,
    /// Writes the first row of each write twice.
    Twice,
    /// Says nothing of rows that it leaves out.
    Silently,
    /// Waits with its rows half written, and writes the rest of a write that was dropped with the
    /// next one.
    Stubbornly,
}

async fn put(table: &mut MemoryTable, tx: &mut MemoryTx, rows: &[Row<u64>]) -> Result<Outcome> {
    TransactionalSink::<u64, MemoryStore>::write(table, tx, rows).await
}

#[async_trait]
impl TransactionalSink<u64, MemoryStore> for Careless {
    async fn write(&mut self, tx: &mut MemoryTx, rows: &[Row<u64>]) -> Result<Outcome> {
        let (table, left) = (&mut self.table, &mut self.left);
        match self.how {
            How::Hastily => {
                let mut own = self.store.begin().await?;
                put(table, &mut own, rows).await?;
                self.store.commit(own, &[]).await?;
            }
            How::Late => {
                left.extend_from_slice(rows);
                let last = left.split_off(left.len().saturating_sub(1));
                put(table, tx, left).await?;
                *left = last;
            }
            How::Twice => {
                put(table, tx, rows.get(..1).unwrap_or_default()).await?;
                put(table, tx, rows).await?;
            }
            How::Silently => {
                let taken = rows.iter().filter(|row| too_big(&row.value).is_none());
                let taken: Vec<_> = taken.cloned().collect();
                put(table, tx, &taken).await?;
            }
            How::Stubbornly => {
                put(table, tx, &std::mem::take(left)).await?;
                *left = rows.to_vec();
                tokio::time::sleep(Duration::from_millis(1)).await;
                put(table, tx, &std::mem::take(left)).await?;
            }
        }
        Ok(Outcome::default())
    }
}

#[test]
fn tables_that_leave_their_transaction_or_lose_rows_are_refused() {
    for (how, promise) in [
        (How::Hastily, "a dropped transaction leaves no row"),
        (How::Late, "rows land with their transaction"),
        (How::Twice, "rows land with their transaction"),
        (How::Silently, "each bad row is named"),
        (How::Stubbornly, "a write can be repeated"),
    ] {
        let store = MemoryStore::default();
        let open = || {
            let (table, left) = (store.table("numbers"), Vec::new());
            let careless = Careless {
                store: store.clone(),
                table,
                how,
                left,
            };
            (store.clone(), careless)
        };
        let rows = Rows {
            good: &row,
            bad: matches!(how, How::Silently).then_some(&bad as &dyn Fn() -> Row<u64>),
            stored: &|| stored(&store),
        };
        let why = refused(transactional_sink(open, &rows));
        assert!(why.contains(promise), "{how:?}: {why}");
    }
}

#[test]
fn a_store_that_lets_a_zombie_commit_is_no_place_for_a_table() {
    plant(Some(Bug::NoFence));
    let store = MemoryStore::default();
    let rows = Rows {
        good: &row,
        bad: None,
        stored: &|| stored(&store),
    };
    let why = refused(transactional_sink(
        || (store.clone(), store.table("numbers")),
        &rows,
    ));
    plant(None);
    assert!(why.contains("only the owner's commit lands"), "{why}");
}
