//! Sinks behind a type-erased interface, with one dynamic call per write.

use std::{marker::PhantomData, sync::Arc};

use async_trait::async_trait;
use compact_str::CompactString;

use crate::{
    contracts::{
        checkpoint::{CheckpointStore, DeadLetter},
        sink::{Outcome, Sink, TransactionalSink},
    },
    data::Result,
    engine::{committer::SinkKind, graph::Buffer, outlet::collected},
    rows::Row,
};

/// A type-erased sink. `write` returns the rows that the sink rejected, as dead letters.
#[async_trait]
pub(super) trait Bound<S: CheckpointStore>: Send {
    fn name(&self) -> &Arc<str>;
    fn kind(&self) -> SinkKind;
    async fn write(&mut self, tx: Option<&mut S::Tx>, rows: &dyn Buffer)
    -> Result<Vec<DeadLetter>>;
}

pub(super) struct PlainSink<T, K> {
    name: Arc<str>,
    sink: K,
    of: PhantomData<fn(T)>,
}

impl<T, K> PlainSink<T, K> {
    pub(super) fn new(name: &str, sink: K) -> Self {
        Self {
            name: name.into(),
            sink,
            of: PhantomData,
        }
    }
}

pub(super) struct StoreSink<T, K>(PlainSink<T, K>);

impl<T, K> StoreSink<T, K> {
    pub(super) fn new(name: &str, sink: K) -> Self {
        Self(PlainSink::new(name, sink))
    }
}

#[async_trait]
impl<T, S, K> Bound<S> for PlainSink<T, K>
where
    T: Send + Sync + 'static,
    S: CheckpointStore,
    K: Sink<T>,
{
    fn name(&self) -> &Arc<str> {
        &self.name
    }
    fn kind(&self) -> SinkKind {
        SinkKind::Plain
    }
    async fn write(&mut self, _: Option<&mut S::Tx>, rows: &dyn Buffer) -> Result<Vec<DeadLetter>> {
        let (rows, keys) = collected::<T>(rows);
        let outcome = match keys {
            Some(keys) => self.sink.write_keyed(rows, keys).await?,
            None => self.sink.write(rows).await?,
        };
        Ok(dead_letters(&self.name, outcome, rows, keys))
    }
}

#[async_trait]
impl<T, S, K> Bound<S> for StoreSink<T, K>
where
    T: Send + Sync + 'static,
    S: CheckpointStore,
    K: TransactionalSink<T, S>,
{
    fn name(&self) -> &Arc<str> {
        &self.0.name
    }
    fn kind(&self) -> SinkKind {
        SinkKind::Transactional
    }
    async fn write(
        &mut self,
        tx: Option<&mut S::Tx>,
        rows: &dyn Buffer,
    ) -> Result<Vec<DeadLetter>> {
        let (rows, keys) = collected::<T>(rows);
        // The committer asks for a transaction before it asks for a transactional write.
        let Some(tx) = tx else { return Ok(Vec::new()) };
        let outcome = match keys {
            Some(keys) => self.0.sink.write_keyed(tx, rows, keys).await?,
            None => self.0.sink.write(tx, rows).await?,
        };
        Ok(dead_letters(&self.0.name, outcome, rows, keys))
    }
}

fn dead_letters<T>(
    step: &Arc<str>,
    outcome: Outcome,
    rows: &[Row<T>],
    keys: Option<&[CompactString]>,
) -> Vec<DeadLetter> {
    let rejected = outcome.rejected.into_iter().map(|rejected| {
        let row = rows.get(rejected.index);
        let offset = row.map(|row| row.offset).unwrap_or_default();
        let letter = DeadLetter::new(offset, Arc::clone(step), rejected.reason);
        DeadLetter {
            key: keys.and_then(|keys| keys.get(rejected.index).cloned()),
            ..letter.with_raw(rejected.raw)
        }
    });
    rejected.collect()
}
