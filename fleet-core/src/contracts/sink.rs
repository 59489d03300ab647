//! The contracts of sinks, which write results to the outside world.

use async_trait::async_trait;
use compact_str::CompactString;

use crate::{contracts::checkpoint::CheckpointStore, data::Result, rows::Row};

/// The outcome of a successful write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The rows that the sink refused. All others are written.
    pub rejected: Vec<Rejected>,
}

/// A row that a sink refused. It becomes a dead letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The index of the row in the slice that was written.
    pub index: usize,
    /// A human-readable reason.
    pub reason: String,
    /// The row as text, for the dead letter.
    pub raw: Vec<u8>,
}

/// Writes rows to an outside system, at least once.
///
/// The driver calls `write` once per epoch for each partition that has rows for the sink, before it
/// commits the position. A crash between the two repeats the write, so a sink should tolerate
/// duplicates, for example by upserting on a [content id](crate::ContentId).
///
/// # Guarantees
/// The driver calls `write` from one task at a time, never with an empty slice, and passes the rows
/// of each key in the order in which the graph emitted them. An implementation guarantees that
/// every row it did not reject is durable when `write` returns `Ok`.
///
/// # Errors
/// After a [retryable](crate::Error::is_retryable) error the driver waits and writes the same rows
/// again; any other error stops the pipeline. Either way an error leaves open which rows were
/// written. A bad row is not an error: reject it, and the others are committed.
#[async_trait]
pub trait Sink<T>: Send + 'static {
    /// Writes the rows of one partition.
    async fn write(&mut self, rows: &[Row<T>]) -> Result<Outcome>;

    /// Returns whether the sink needs the key of each row, as a topic or a cache of the newest
    /// value does. Asked once, when the sink is bound to a stream. Default: `false`, which costs
    /// nothing.
    ///
    /// A sink with keys is written by [`write_keyed`](Self::write_keyed), and the dead letter of a
    /// row that it rejects has the [key](crate::checkpoint::DeadLetter::key).
    fn wants_keys(&self) -> bool {
        false
    }

    /// Writes rows with their keys, one for each row; otherwise as [`write`](Self::write). Called
    /// in its place if the sink [wants keys](Self::wants_keys). Default: ignores the keys.
    ///
    /// # Examples
    /// The newest speed of each vehicle, from rows that do not name the vehicle:
    #[cfg_attr(feature = "testing", doc = "```")]
    #[cfg_attr(not(feature = "testing"), doc = "```ignore")]
    /// use std::{collections::BTreeMap, sync::{Arc, Mutex}};
    /// use compact_str::CompactString;
    /// use fleet_core::{
    ///     EventTime, Graph, MemoryStore, Order, Pipeline, Result, Row, VehicleId, decode::Typed,
    ///     event::Telemetry, sink::{Outcome, Sink}, testing::Scripted, units::Speed,
    /// };
    ///
    /// #[derive(Clone, Default)]
    /// struct Speeds(Arc<Mutex<BTreeMap<CompactString, f64>>>);
    ///
    /// #[async_trait::async_trait]
    /// impl Sink<f64> for Speeds {
    ///     async fn write(&mut self, _: &[Row<f64>]) -> Result<Outcome> {
    ///         unreachable!("it wants keys")
    ///     }
    ///     fn wants_keys(&self) -> bool {
    ///         true
    ///     }
    ///     async fn write_keyed(
    ///         &mut self, rows: &[Row<f64>], keys: &[CompactString],
    ///     ) -> Result<Outcome> {
    ///         let mut speeds = self.0.lock().unwrap();
    ///         speeds.extend(keys.iter().cloned().zip(rows.iter().map(|row| row.value)));
    ///         Ok(Outcome::default())
    ///     }
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let (mut graph, telemetry) = Graph::new();
    /// let kmh = graph.map("kmh", telemetry, |car: &Telemetry| car.speed().unwrap().as_kmh());
    /// let car = Telemetry::new(VehicleId::new("car-1").unwrap(), EventTime::MIN);
    /// let source = Scripted::of_events("memory", [car.with_speed(Speed::from_kmh(92.5))]);
    /// let (order, speeds) = (Order::default(), Speeds::default());
    /// Pipeline::at_least_once(source, Typed::default(), order, graph, MemoryStore::default())
    ///     .publish("speeds", kmh, speeds.clone())
    ///     .run()
    ///     .await?;
    /// assert_eq!(speeds.0.lock().unwrap()["car-1"], 92.5);
    /// # Ok::<(), fleet_core::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    async fn write_keyed(&mut self, rows: &[Row<T>], keys: &[CompactString]) -> Result<Outcome>
    where
        T: Sync,
    {
        let _ = keys;
        self.write(rows).await
    }
}

/// Writes rows inside a transaction of the store `S`, exactly once.
///
/// The driver begins a transaction for each epoch, calls `write` once for each partition that has
/// rows for the sink, and commits the transaction together with the position. The rows become
/// visible with the commit or not at all.
///
/// # Guarantees
/// The driver calls `write` as it calls [`Sink::write`]. An implementation guarantees that it
/// writes only through `tx`, so that a rollback leaves no trace.
///
/// # Errors
/// An error rolls the transaction back. After a [retryable](crate::Error::is_retryable) one the
/// driver waits, begins another transaction and repeats every write of the epoch in it; any other
/// error stops the pipeline. A bad row is not an error: reject it, and the others are committed.
#[async_trait]
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not write in the transactions of `{S}`",
    label = "not a sink of this store",
    note = "use a table of the store, or `Pipeline::at_least_once` and `publish`"
)]
pub trait TransactionalSink<T, S: CheckpointStore>: Send + 'static {
    /// Writes the rows of one partition within `tx`.
    async fn write(&mut self, tx: &mut S::Tx, rows: &[Row<T>]) -> Result<Outcome>;

    /// Returns whether the sink needs the key of each row, as [`Sink::wants_keys`] does.
    fn wants_keys(&self) -> bool {
        false
    }

    /// Writes rows with their keys within `tx`, as [`Sink::write_keyed`] does.
    async fn write_keyed(
        &mut self,
        tx: &mut S::Tx,
        rows: &[Row<T>],
        keys: &[CompactString],
    ) -> Result<Outcome>
    where
        T: Sync,
    {
        let _ = keys;
        self.write(tx, rows).await
    }
}

/// A sink that discards every row, for benchmarks and for graphs of which only the tallies matter.
///
/// # Examples
/// ```
/// # use fleet_core::sink::{Null, Sink};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let outcome = Sink::<u8>::write(&mut Null, &[]).await.unwrap();
/// assert!(outcome.rejected.is_empty());
/// # });
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Null;

#[async_trait]
impl<T: Sync + 'static> Sink<T> for Null {
    async fn write(&mut self, _: &[Row<T>]) -> Result<Outcome> {
        Ok(Outcome::default())
    }
}

#[async_trait]
impl<T: Sync + 'static, S: CheckpointStore> TransactionalSink<T, S> for Null {
    async fn write(&mut self, _: &mut S::Tx, _: &[Row<T>]) -> Result<Outcome> {
        Ok(Outcome::default())
    }
}

#[async_trait]
impl<T, S, K> TransactionalSink<T, S> for Box<K>
where
    T: Sync + 'static,
    S: CheckpointStore,
    K: TransactionalSink<T, S> + ?Sized,
{
    async fn write(&mut self, tx: &mut S::Tx, rows: &[Row<T>]) -> Result<Outcome> {
        (**self).write(tx, rows).await
    }

    fn wants_keys(&self) -> bool {
        (**self).wants_keys()
    }

    async fn write_keyed(
        &mut self,
        tx: &mut S::Tx,
        rows: &[Row<T>],
        keys: &[CompactString],
    ) -> Result<Outcome> {
        (**self).write_keyed(tx, rows, keys).await
    }
}

#[async_trait]
impl<T, K> Sink<T> for Box<K>
where
    T: Sync + 'static,
    K: Sink<T> + ?Sized,
{
    async fn write(&mut self, rows: &[Row<T>]) -> Result<Outcome> {
        (**self).write(rows).await
    }

    fn wants_keys(&self) -> bool {
        (**self).wants_keys()
    }

    async fn write_keyed(&mut self, rows: &[Row<T>], keys: &[CompactString]) -> Result<Outcome> {
        (**self).write_keyed(rows, keys).await
    }
}
