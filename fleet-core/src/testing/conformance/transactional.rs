//! The suite of sinks that write in the transaction of a checkpoint store.

use super::{DROPS, Rows, drop_at, rows::refused, store::sealed};
use crate::{
    contracts::{
        checkpoint::{CheckpointStore, Committed},
        sink::{Outcome, TransactionalSink},
    },
    data::Partition,
};

const TAKEN: &str = "a sink in good health takes rows";
const ANSWER: &str = "a store in good health answers";

/// Tests a [`TransactionalSink`]. `open` opens a handle of the same store and a sink that writes to
/// it, as a restart would.
///
/// # Examples
/// ```
/// use fleet_core::testing::conformance::{Rows, transactional_sink};
/// use fleet_core::{EventTime, MemoryStore, Offset, Row};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let store = MemoryStore::default();
/// let rows = Rows {
///     good: &|n| Row::detached(EventTime::MIN, Offset(n), n),
///     bad: None,
///     stored: &|| Some(store.rows().get("numbers").map_or(0, Vec::len) as u64),
/// };
/// transactional_sink(|| (store.clone(), store.table("numbers")), &rows).await;
/// # });
/// ```
///
/// # Panics
/// If an assertion fails.
pub async fn transactional_sink<T, S, K>(open: impl Fn() -> (S, K), rows: &Rows<'_, T>)
where
    S: CheckpointStore,
    K: TransactionalSink<T, S>,
{
    let mut both = open();
    rows_land_with_their_transaction(&mut both, rows).await;
    a_fenced_transaction_leaves_no_row(&mut both, rows).await;
    drop(both);
    let mut both = open();
    rows_land_with_their_transaction(&mut both, rows).await;
    a_bad_row_costs_only_itself(&mut both, rows).await;
    a_dropped_write_leaves_no_row(&mut both, rows).await;
}

async fn rows_land_with_their_transaction<T, S: CheckpointStore>(
    (store, sink): &mut (S, impl TransactionalSink<T, S>),
    rows: &Rows<'_, T>,
) {
    let before = (rows.stored)();
    let first = before.unwrap_or(0) * 10;
    // The first of all: one that keeps a row for later has none from before yet.
    let mut tx = store.begin().await.expect(ANSWER);
    sink.write(&mut tx, &rows.some(first + 5, 1))
        .await
        .expect(TAKEN);
    store.commit(tx, &[]).await.expect(ANSWER);
    rows.assert_more(before, 1, "rows land with their transaction");
    let before = (rows.stored)();
    let mut tx = store.begin().await.expect(ANSWER);
    let taken = sink
        .write(&mut tx, &rows.some(first, 3))
        .await
        .expect(TAKEN);
    assert_eq!(taken, Outcome::default(), "good rows are not refused");
    drop(tx);
    rows.assert_more(before, 0, "a dropped transaction leaves no row");
    let mut tx = store.begin().await.expect(ANSWER);
    sink.write(&mut tx, &rows.some(first, 3))
        .await
        .expect(TAKEN);
    store.abort(tx).await.expect(ANSWER);
    rows.assert_more(before, 0, "an aborted transaction leaves no row");
    let mut tx = store.begin().await.expect(ANSWER);
    sink.write(&mut tx, &rows.some(first, 3))
        .await
        .expect(TAKEN);
    sink.write(&mut tx, &[]).await.expect(TAKEN);
    sink.write(&mut tx, &rows.some(first + 3, 2))
        .await
        .expect(TAKEN);
    let answer = store.commit(tx, &[]).await.expect(ANSWER);
    assert_eq!(answer, Committed::Done, "a commit of no partition lands");
    rows.assert_more(
        before,
        5,
        "rows land with their transaction, those of every write",
    );
}

async fn a_fenced_transaction_leaves_no_row<T, S: CheckpointStore>(
    (store, sink): &mut (S, impl TransactionalSink<T, S>),
    rows: &Rows<'_, T>,
) {
    let partition = Partition::from("sink/0");
    let zombie = store.claim(&partition).await.expect(ANSWER);
    let owner = store.claim(&partition).await.expect(ANSWER);
    let before = (rows.stored)();
    for (claim, more) in [(&zombie, 0), (&owner, 2)] {
        let mut tx = store.begin().await.expect(ANSWER);
        sink.write(&mut tx, &rows.some(500, 2)).await.expect(TAKEN);
        let epoch = [sealed(&partition, claim, claim.seq + 1)];
        let answer = store.commit(tx, &epoch).await.expect(ANSWER);
        assert_eq!(
            answer == Committed::Done,
            more > 0,
            "only the owner's commit lands"
        );
        rows.assert_more(before, more, "a fenced transaction leaves no row");
    }
}

async fn a_bad_row_costs_only_itself<T, S: CheckpointStore>(
    (store, sink): &mut (S, impl TransactionalSink<T, S>),
    rows: &Rows<'_, T>,
) {
    let Some((mixed, bad)) = rows.mixed(700) else {
        return;
    };
    let before = (rows.stored)();
    let mut tx = store.begin().await.expect(ANSWER);
    let outcome = sink.write(&mut tx, &mixed).await.expect(TAKEN);
    assert_eq!(refused(&outcome), bad, "each bad row is named, no other is");
    let only = mixed.get(..1).unwrap_or_default();
    let outcome = sink.write(&mut tx, only).await.expect(TAKEN);
    assert_eq!(refused(&outcome), [0], "a bad row alone is named");
    sink.write(&mut tx, &rows.some(710, 1)).await.expect(TAKEN);
    store.commit(tx, &[]).await.expect(ANSWER);
    rows.assert_more(before, 3, "a bad row costs only itself");
}

async fn a_dropped_write_leaves_no_row<T, S: CheckpointStore>(
    (store, sink): &mut (S, impl TransactionalSink<T, S>),
    rows: &Rows<'_, T>,
) {
    for wait in 1..=DROPS {
        let before = (rows.stored)();
        let some = rows.some(1000 * wait as u64, 3);
        let mut tx = store.begin().await.expect(ANSWER);
        drop_at(wait, sink.write(&mut tx, &some)).await;
        drop(tx);
        rows.assert_more(before, 0, "a dropped write leaves no row");
        let mut tx = store.begin().await.expect(ANSWER);
        sink.write(&mut tx, &some).await.expect(TAKEN);
        store.commit(tx, &[]).await.expect(ANSWER);
        rows.assert_more(before, 3, "a write can be repeated after it was dropped");
    }
}
