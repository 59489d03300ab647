//! Sinks for tests: one that records rows, and one that rejects some.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::{
    contracts::{
        checkpoint::CheckpointStore,
        sink::{Outcome, Rejected, Sink, TransactionalSink},
    },
    data::Result,
    rows::Row,
};

/// A plain sink that records every row it receives, including repeated ones.
///
/// Clones are handles to the same list.
///
/// # Examples
/// ```
/// use fleet_core::{
///     EventTime, Graph, MemoryStore, Order, Pipeline, VehicleId, decode::Typed, event::Telemetry,
///     testing::{Recording, Scripted},
/// };
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let (mut graph, telemetry) = Graph::new();
/// let keys = graph.map("keys", telemetry, |event: &Telemetry| event.vehicle().to_string());
/// let event = Telemetry::new(VehicleId::new("car-1")?, EventTime::MIN);
/// let source = Scripted::of_events("memory", [event]);
/// let seen = Recording::default();
/// let store = MemoryStore::default();
/// Pipeline::at_least_once(source, Typed::default(), Order::default(), graph, store)
///     .publish("keys", keys, seen.clone())
///     .run()
///     .await?;
/// assert_eq!(seen.values(), ["car-1"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct Recording<T>(Arc<Mutex<Vec<Row<T>>>>);

impl<T> Clone for Recording<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Recording<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone> Recording<T> {
    /// Returns the rows, in the order in which they were written.
    pub fn rows(&self) -> Vec<Row<T>> {
        self.lock().clone()
    }

    /// Returns the values of the rows.
    pub fn values(&self) -> Vec<T> {
        self.lock().iter().map(|row| row.value.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Row<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl<T: Clone + Send + Sync + 'static> Sink<T> for Recording<T> {
    async fn write(&mut self, rows: &[Row<T>]) -> Result<Outcome> {
        self.lock().extend_from_slice(rows);
        Ok(Outcome::default())
    }
}

/// A sink that rejects some rows and writes the others to the sink it wraps.
///
/// # Examples
/// ```
/// use fleet_core::{EventTime, Offset, Row, sink::Sink, testing::{Recording, Rejecting}};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let seen = Recording::default();
/// let odd = |value: &u32| (value % 2 == 1).then(|| "odd".to_owned());
/// let mut sink = Rejecting::new(seen.clone(), odd);
/// let rows = [1, 2, 3].map(|value| Row::detached(EventTime::MIN, Offset(0), value));
/// let rejected = sink.write(&rows).await.unwrap().rejected;
/// assert_eq!(rejected.iter().map(|row| row.index).collect::<Vec<_>>(), [0, 2]);
/// assert_eq!(seen.values(), [2]);
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct Rejecting<K, F> {
    inner: K,
    reason: F,
}

impl<K, F> Rejecting<K, F> {
    /// Returns a sink that rejects the rows for which `reason` returns a reason.
    pub fn new(inner: K, reason: F) -> Self {
        Self { inner, reason }
    }
}

/// Separates the rows to write, with their indexes, from the rejected ones.
fn sift<T: Clone + std::fmt::Debug>(
    rows: &[Row<T>],
    reason: impl Fn(&T) -> Option<String>,
) -> (Vec<usize>, Vec<Row<T>>, Vec<Rejected>) {
    let (mut indexes, mut accepted, mut rejected) = (Vec::new(), Vec::new(), Vec::new());
    for (index, row) in rows.iter().enumerate() {
        if let Some(reason) = reason(&row.value) {
            let raw = format!("{:?}", row.value).into_bytes();
            rejected.push(Rejected { index, reason, raw });
        } else {
            indexes.push(index);
            accepted.push(row.clone());
        }
    }
    (indexes, accepted, rejected)
}

/// Joins the rows rejected here and those that the inner sink rejected.
fn join(indexes: &[usize], mut rejected: Vec<Rejected>, inner: Outcome) -> Outcome {
    rejected.extend(inner.rejected.into_iter().map(|mut row| {
        row.index = indexes.get(row.index).copied().unwrap_or(usize::MAX);
        row
    }));
    Outcome { rejected }
}

#[async_trait]
impl<T, K, F> Sink<T> for Rejecting<K, F>
where
    T: Clone + std::fmt::Debug + Send + Sync + 'static,
    K: Sink<T>,
    F: Fn(&T) -> Option<String> + Send + Sync + 'static,
{
    async fn write(&mut self, rows: &[Row<T>]) -> Result<Outcome> {
        let (indexes, accepted, rejected) = sift(rows, &self.reason);
        let outcome = self.inner.write(&accepted).await?;
        Ok(join(&indexes, rejected, outcome))
    }
}

#[async_trait]
impl<T, S, K, F> TransactionalSink<T, S> for Rejecting<K, F>
where
    T: Clone + std::fmt::Debug + Send + Sync + 'static,
    S: CheckpointStore,
    K: TransactionalSink<T, S>,
    F: Fn(&T) -> Option<String> + Send + Sync + 'static,
{
    async fn write(&mut self, tx: &mut S::Tx, rows: &[Row<T>]) -> Result<Outcome> {
        let (indexes, accepted, rejected) = sift(rows, &self.reason);
        let outcome = self.inner.write(tx, &accepted).await?;
        Ok(join(&indexes, rejected, outcome))
    }
}
