//! A sink that suffers the faults of a plan.

use async_trait::async_trait;
use compact_str::CompactString;

use super::{Fault, Faults, FaultyStore, Operation};
use crate::{
    contracts::{
        checkpoint::CheckpointStore,
        sink::{Outcome, Sink, TransactionalSink},
    },
    data::{Error, ErrorKind, Result},
    rows::Row,
};

/// A sink whose writes suffer the faults of a plan. A wrapped transactional sink belongs to the
/// [`FaultyStore`] around its store.
///
/// # Examples
/// The first write fails halfway, and the second is slow:
/// ```
/// use std::time::Duration;
/// use fleet_core::testing::{Fault, Faults, FaultySink, Operation, Recording};
/// use fleet_core::{EventTime, Offset, Row, sink::Sink};
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let seen = Recording::default();
/// let slow = Fault::Slow(Duration::from_millis(1));
/// let faults = Faults::at([(Operation::Publish, 1, Fault::Torn), (Operation::Publish, 2, slow)]);
/// let mut sink = FaultySink::new(seen.clone(), &faults);
/// let rows = [1, 2].map(|value| Row::detached(EventTime::MIN, Offset(0), value));
/// assert!(sink.write(&rows).await.unwrap_err().is_retryable());
/// sink.write(&rows).await.unwrap();
/// assert_eq!(seen.values(), [1, 1, 2]);
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct FaultySink<K> {
    inner: K,
    faults: Faults,
}

impl<K> FaultySink<K> {
    /// Wraps a sink.
    pub fn new(inner: K, faults: &Faults) -> Self {
        let faults = faults.clone();
        Self { inner, faults }
    }
}

/// Returns the rows that a torn write writes, and its error.
fn torn<T>(rows: &[T]) -> (&[T], Error) {
    let half = rows.get(..rows.len() / 2).unwrap_or_default();
    let error = Error::new(ErrorKind::Sink, "the write was torn by plan").retryable();
    (half, error)
}

#[async_trait]
impl<T: Sync + 'static, K: Sink<T>> Sink<T> for FaultySink<K> {
    async fn write(&mut self, rows: &[Row<T>]) -> Result<Outcome> {
        let fault = self.faults.before(Operation::Publish).await?;
        if fault == Some(Fault::Torn) {
            let (half, error) = torn(rows);
            self.inner.write(half).await?;
            return Err(error);
        }
        let outcome = self.inner.write(rows).await?;
        self.faults.after(Operation::Publish, fault).await?;
        Ok(outcome)
    }

    fn wants_keys(&self) -> bool {
        self.inner.wants_keys()
    }

    async fn write_keyed(&mut self, rows: &[Row<T>], keys: &[CompactString]) -> Result<Outcome> {
        let fault = self.faults.before(Operation::Publish).await?;
        if fault == Some(Fault::Torn) {
            let ((half, error), (keys, _)) = (torn(rows), torn(keys));
            self.inner.write_keyed(half, keys).await?;
            return Err(error);
        }
        let outcome = self.inner.write_keyed(rows, keys).await?;
        self.faults.after(Operation::Publish, fault).await?;
        Ok(outcome)
    }
}

#[async_trait]
impl<T, S, K> TransactionalSink<T, FaultyStore<S>> for FaultySink<K>
where
    T: Sync + 'static,
    S: CheckpointStore<Tx: Clone>,
    K: TransactionalSink<T, S>,
{
    async fn write(&mut self, tx: &mut S::Tx, rows: &[Row<T>]) -> Result<Outcome> {
        let fault = self.faults.before(Operation::Store).await?;
        if fault == Some(Fault::Torn) {
            let (half, error) = torn(rows);
            self.inner.write(tx, half).await?;
            return Err(error);
        }
        let outcome = self.inner.write(tx, rows).await?;
        self.faults.after(Operation::Store, fault).await?;
        Ok(outcome)
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
        let fault = self.faults.before(Operation::Store).await?;
        if fault == Some(Fault::Torn) {
            let ((half, error), (keys, _)) = (torn(rows), torn(keys));
            self.inner.write_keyed(tx, half, keys).await?;
            return Err(error);
        }
        let outcome = self.inner.write_keyed(tx, rows, keys).await?;
        self.faults.after(Operation::Store, fault).await?;
        Ok(outcome)
    }
}
