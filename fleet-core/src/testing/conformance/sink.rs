//! The suite of plain sinks.

use super::{DROPS, Rows, drop_at, rows::refused};
use crate::contracts::sink::{Outcome, Sink};

/// Tests a plain [`Sink`]. `open` opens the sink over the same target, as a restart would.
///
/// # Examples
/// ```
/// use fleet_core::{EventTime, Offset, Row, testing::{Recording, conformance::{Rows, sink}}};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let seen = Recording::default();
/// let rows = Rows {
///     good: &|n| Row::detached(EventTime::MIN, Offset(n), n),
///     bad: None,
///     stored: &|| Some(seen.rows().len() as u64),
/// };
/// sink(|| seen.clone(), &rows).await;
/// # });
/// ```
///
/// # Panics
/// If an assertion fails.
pub async fn sink<T, K: Sink<T>>(open: impl Fn() -> K, rows: &Rows<'_, T>) {
    let mut sink = open();
    let before = (rows.stored)();
    let taken = sink.write(&[]).await.expect("no rows are taken");
    assert_eq!(taken, Outcome::default(), "no rows, none refused");
    rows.assert_more(before, 0, "no rows, nothing stored");
    let taken = sink
        .write(&rows.some(0, 3))
        .await
        .expect("good rows are taken");
    assert_eq!(taken, Outcome::default(), "good rows are not refused");
    rows.assert_more(before, 3, "rows are durable when the write returns");
    drop(sink);
    rows.assert_more(before, 3, "rows outlive their sink");
    let mut sink = open();
    sink.write(&rows.some(3, 2))
        .await
        .expect("it goes on after a restart");
    rows.assert_more(before, 5, "a restart appends");
    a_bad_row_costs_only_itself(&mut sink, rows).await;
    a_dropped_write_can_be_repeated(&mut sink, rows).await;
}

async fn a_bad_row_costs_only_itself<T>(sink: &mut impl Sink<T>, rows: &Rows<'_, T>) {
    let Some((mixed, bad)) = rows.mixed(100) else {
        return;
    };
    let before = (rows.stored)();
    let outcome = sink.write(&mixed).await.expect("bad rows are no error");
    assert_eq!(refused(&outcome), bad, "each bad row is named, no other is");
    rows.assert_more(before, 2, "a bad row costs only itself");
    let only = mixed.get(..1).unwrap_or_default();
    let outcome = sink
        .write(only)
        .await
        .expect("nothing but bad rows is no error");
    assert_eq!(refused(&outcome), [0], "a bad row alone is named");
    rows.assert_more(before, 2, "a bad row is not stored");
}

async fn a_dropped_write_can_be_repeated<T>(sink: &mut impl Sink<T>, rows: &Rows<'_, T>) {
    for wait in 1..=DROPS {
        let some = rows.some(1000 * wait as u64, 3);
        let before = (rows.stored)();
        if drop_at(wait, sink.write(&some)).await.is_some() {
            return;
        }
        sink.write(&some)
            .await
            .expect("a dropped write can be repeated");
        let more = (rows.stored)()
            .zip(before)
            .map(|(now, before)| now - before);
        assert!(
            more.is_none_or(|more| (3..=6).contains(&more)),
            "repeated rows are there"
        );
    }
}
