//! Sinks for tests: one that records rows, and one that rejects some.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use compact_str::CompactString;

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
pub struct Recording<T> {
    seen: Arc<Mutex<Seen<T>>>,
    wants_keys: bool,
}

/// The rows, and the key of each if they were written with keys.
type Seen<T> = (Vec<Row<T>>, Vec<CompactString>);

impl<T> Clone for Recording<T> {
    fn clone(&self) -> Self {
        Self {
            seen: Arc::clone(&self.seen),
            ..*self
        }
    }
}

impl<T> Default for Recording<T> {
    fn default() -> Self {
        Self {
            seen: Arc::default(),
            wants_keys: false,
        }
    }
}

impl<T: Clone> Recording<T> {
    /// Returns a sink that [wants](Sink::wants_keys) and records the keys of the rows.
    pub fn with_keys() -> Self {
        Self {
            wants_keys: true,
            ..Self::default()
        }
    }

    /// Returns the rows, in the order in which they were written.
    pub fn rows(&self) -> Vec<Row<T>> {
        self.lock().0.clone()
    }

    /// Returns the keys of the rows; none unless the sink is one [with keys](Self::with_keys).
    pub fn keys(&self) -> Vec<CompactString> {
        self.lock().1.clone()
    }

    /// Returns the values of the rows.
    pub fn values(&self) -> Vec<T> {
        self.lock().0.iter().map(|row| row.value.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Seen<T>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl<T: Clone + Send + Sync + 'static> Sink<T> for Recording<T> {
    async fn write(&mut self, rows: &[Row<T>]) -> Result<Outcome> {
        self.lock().0.extend_from_slice(rows);
        Ok(Outcome::default())
    }

    fn wants_keys(&self) -> bool {
        self.wants_keys
    }

    async fn write_keyed(&mut self, rows: &[Row<T>], keys: &[CompactString]) -> Result<Outcome> {
        let mut seen = self.lock();
        seen.0.extend_from_slice(rows);
        seen.1.extend_from_slice(keys);
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

/// The keys of the rows at these indexes.
fn keys_at(indexes: &[usize], keys: &[CompactString]) -> Vec<CompactString> {
    let keys = indexes.iter().filter_map(|index| keys.get(*index));
    keys.cloned().collect()
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

    fn wants_keys(&self) -> bool {
        self.inner.wants_keys()
    }

    async fn write_keyed(&mut self, rows: &[Row<T>], keys: &[CompactString]) -> Result<Outcome> {
        let (indexes, accepted, rejected) = sift(rows, &self.reason);
        let keys = keys_at(&indexes, keys);
        let outcome = self.inner.write_keyed(&accepted, &keys).await?;
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

    fn wants_keys(&self) -> bool {
        self.inner.wants_keys()
    }

    async fn write_keyed(
        &mut self,
        tx: &mut S::Tx,
        rows: &[Row<T>],
        keys: &[CompactString],
    ) -> Result<Outcome> {
        let (indexes, accepted, rejected) = sift(rows, &self.reason);
        let keys = keys_at(&indexes, keys);
        let outcome = self.inner.write_keyed(tx, &accepted, &keys).await?;
        Ok(join(&indexes, rejected, outcome))
    }
}
