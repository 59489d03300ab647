//! A source that suffers the faults of a plan.

use std::time::Duration;

use async_trait::async_trait;

use super::{Faults, Operation};
use crate::{
    contracts::{
        Source,
        source::{Replayable, SourceEvent},
    },
    data::{InputOffset, Offset, Partition, Position, Result},
};

/// A source whose calls suffer the faults of a plan.
///
/// # Examples
/// See [`Faults`].
#[derive(Debug)]
pub struct FaultySource<S> {
    inner: S,
    faults: Faults,
}

impl<S> FaultySource<S> {
    /// Wraps a source.
    pub fn new(inner: S, faults: &Faults) -> Self {
        let faults = faults.clone();
        Self { inner, faults }
    }
}

#[async_trait]
impl<S: Source> Source for FaultySource<S> {
    type Payload = S::Payload;

    /// Cancel-safe: once the inner source has returned an event, this future does not wait again
    /// unless the process crashes.
    async fn next(&mut self) -> Result<SourceEvent<S::Payload>> {
        let fault = self.faults.before(Operation::Next).await?;
        let event = self.inner.next().await?;
        self.faults.after(Operation::Next, fault).await?;
        Ok(event)
    }

    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        let fault = self.faults.before(Operation::Start).await?;
        self.inner.start(partition, at).await?;
        self.faults.after(Operation::Start, fault).await
    }

    fn follows(&self) -> bool {
        self.inner.follows()
    }

    fn repeats(&self) -> bool {
        self.inner.repeats()
    }

    fn end(&self, partition: &Partition) -> Option<Offset> {
        self.inner.end(partition)
    }

    fn lag_time(&self, partition: &Partition, committed: Option<Offset>) -> Option<Duration> {
        self.inner.lag_time(partition, committed)
    }

    fn pause(&mut self, partition: &Partition) {
        self.inner.pause(partition);
    }

    fn resume(&mut self, partition: &Partition) {
        self.inner.resume(partition);
    }

    fn position(&self, partition: &Partition) -> Option<Offset> {
        self.inner.position(partition)
    }

    fn ends(&self, partition: &Partition) -> Vec<InputOffset> {
        self.inner.ends(partition)
    }

    fn in_group(&self) -> bool {
        self.inner.in_group()
    }

    fn fenced(&mut self, partition: &Partition) {
        self.inner.fenced(partition);
    }

    async fn committed(&mut self, partition: &Partition, upto: &Position) -> Result<()> {
        let fault = self.faults.before(Operation::Acknowledge).await?;
        self.inner.committed(partition, upto).await?;
        self.faults.after(Operation::Acknowledge, fault).await
    }
}

impl<S: Replayable> Replayable for FaultySource<S> {}
