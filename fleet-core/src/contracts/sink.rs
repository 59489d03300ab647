//! Where results go: the contracts of sinks.

use async_trait::async_trait;

use crate::{contracts::checkpoint::CheckpointStore, data::Result, rows::Row};

/// What became of the rows of one write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The rows that were refused, by index, each with the reason. All others are written.
    pub rejected: Vec<Rejected>,
}

/// A row that a sink refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Which row of the write.
    pub index: usize,
    /// Why, for people.
    pub reason: String,
    /// The row as text, for the dead letter.
    pub raw: Vec<u8>,
}

/// Takes rows by itself, before the position moves: after a crash it may see a row again.
///
/// # Guarantees
/// `write` returns when all rows but the rejected ones are durable.
///
/// # Errors
/// An error says nothing about any row: the same rows are written again.
#[async_trait]
pub trait Sink<T>: Send + 'static {
    /// Writes rows of one partition.
    async fn write(&mut self, rows: &[Row<T>]) -> Result<Outcome>;
}

/// Takes rows inside the transaction of store `S`: they land together with the position, or not at all.
///
/// # Errors
/// An error rolls the transaction back; the same rows are written again in the next one.
#[async_trait]
pub trait TransactionalSink<T, S: CheckpointStore>: Send + 'static {
    /// Writes rows of one partition.
    async fn write(&mut self, tx: &mut S::Tx, rows: &[Row<T>]) -> Result<Outcome>;
}

/// Takes everything and keeps nothing: for measuring, and for graphs whose tallies are all that is wanted.
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
}
