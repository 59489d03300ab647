//! Several sources as one, with the partitions of all.

use std::{
    collections::{BTreeSet, HashMap},
    fmt, future,
    task::Poll,
    time::Duration,
};

use async_trait::async_trait;

use crate::{
    contracts::{
        Source,
        source::{Replayable, SourceEvent},
    },
    data::{Error, ErrorKind, InputOffset, Offset, Partition, Position, Result},
};

/// Logs of one kind of payload as one log, with the partitions of all of them.
///
/// # Guarantees
/// Each source has its turn. The names of the partitions have to differ.
pub struct Several<P> {
    sources: Vec<One<P>>,
    /// The number of the source of each partition.
    of: HashMap<Partition, usize>,
    /// The source that is asked first.
    turn: usize,
    /// Whether the last one that was not idle has ended, which nobody was told.
    is_idle: bool,
}

struct One<P> {
    source: Box<dyn Replayable<Payload = P>>,
    /// Its partitions that have not ended.
    open: BTreeSet<Partition>,
    /// Whether it has told of any partition.
    begun: bool,
    /// Whether it has said that nothing is there to read, since its last batch.
    idle: bool,
}

impl<P: Send + 'static> One<P> {
    /// Whether it may still tell something.
    fn goes_on(&self) -> bool {
        !self.begun || !self.open.is_empty() || self.source.in_group()
    }
}

impl<P> fmt::Debug for Several<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Several")
            .field("sources", &self.sources.len())
            .finish_non_exhaustive()
    }
}

impl<P: Send + 'static> Several<P> {
    /// Combines sources.
    pub fn new(sources: impl IntoIterator<Item = Box<dyn Replayable<Payload = P>>>) -> Self {
        let one = |source| One {
            source,
            open: BTreeSet::new(),
            begun: false,
            idle: false,
        };
        Self {
            sources: sources.into_iter().map(one).collect(),
            of: HashMap::new(),
            turn: 0,
            is_idle: false,
        }
    }

    fn of(&self, partition: &Partition) -> Option<&dyn Replayable<Payload = P>> {
        let one = self.sources.get(*self.of.get(partition)?)?;
        Some(&*one.source)
    }

    fn of_mut(&mut self, partition: &Partition) -> Option<&mut One<P>> {
        self.sources.get_mut(*self.of.get(partition)?)
    }

    /// Notes what a source tells. `None` if it is not for the reader.
    fn take(&mut self, number: usize, event: SourceEvent<P>) -> Result<Option<SourceEvent<P>>> {
        let Some(one) = self.sources.get_mut(number) else {
            return Ok(None);
        };
        match &event {
            SourceEvent::Batch(_) => one.idle = false,
            SourceEvent::Assigned(partitions) => {
                one.begun = true;
                for partition in partitions {
                    let owner = *self.of.entry(partition.clone()).or_insert(number);
                    if owner != number {
                        let message = format!(
                            "two of several sources have a partition {partition}: give them \
                             different names"
                        );
                        return Err(Error::new(ErrorKind::Config, message));
                    }
                    one.open.insert(partition.clone());
                }
            }
            SourceEvent::Revoking { partitions, .. } | SourceEvent::Lost(partitions) => {
                one.open.retain(|open| !partitions.contains(open));
            }
            SourceEvent::End(partition) | SourceEvent::Closed(partition) => {
                one.open.remove(partition);
            }
            SourceEvent::Idle => {
                one.idle = true;
                let mut others = self.sources.iter();
                // Of several, it is for the last one to say.
                if others.any(|one| one.goes_on() && !one.idle) {
                    return Ok(None);
                }
                return Ok(Some(event));
            }
        }
        if !matches!(event, SourceEvent::Batch(_)) {
            let mut left = { self.sources.iter() }
                .filter(|one| one.goes_on())
                .peekable();
            self.is_idle = left.peek().is_some() && left.all(|one| one.idle);
        }
        Ok(Some(event))
    }
}

#[async_trait]
impl<P: Send + 'static> Source for Several<P> {
    type Payload = P;

    async fn next(&mut self) -> Result<SourceEvent<P>> {
        if std::mem::take(&mut self.is_idle) {
            return Ok(SourceEvent::Idle);
        }
        loop {
            let count = self.sources.len();
            let turn = self.turn;
            let mut asked: Vec<_> = { self.sources.iter_mut().enumerate() }
                .filter(|(_, one)| one.goes_on())
                .map(|(number, one)| (number, one.source.next()))
                .collect();
            // Their `next` may be dropped without a loss, so those that wait are asked again.
            asked.sort_by_key(|(number, _)| (*number + count - turn) % count);
            let (number, event) = future::poll_fn(|cx| {
                for (number, next) in &mut asked {
                    if let Poll::Ready(event) = next.as_mut().poll(cx) {
                        return Poll::Ready((*number, event));
                    }
                }
                Poll::Pending
            })
            .await;
            drop(asked);
            self.turn = (number + 1) % count;
            if let Some(event) = self.take(number, event?)? {
                return Ok(event);
            }
        }
    }

    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        let Some(one) = self.of_mut(partition) else {
            let message = format!("none of several sources has a partition {partition}");
            return Err(Error::new(ErrorKind::Config, message));
        };
        one.open.insert(partition.clone());
        one.idle = false;
        one.source.start(partition, at).await
    }

    fn follows(&self) -> bool {
        self.sources.iter().any(|one| one.source.follows())
    }

    fn repeats(&self) -> bool {
        self.sources.iter().all(|one| one.source.repeats())
    }

    fn pause(&mut self, partition: &Partition) {
        if let Some(one) = self.of_mut(partition) {
            one.source.pause(partition);
        }
    }

    fn resume(&mut self, partition: &Partition) {
        if let Some(one) = self.of_mut(partition) {
            one.source.resume(partition);
        }
    }

    fn end(&self, partition: &Partition) -> Option<Offset> {
        self.of(partition)?.end(partition)
    }

    fn position(&self, partition: &Partition) -> Option<Offset> {
        self.of(partition)?.position(partition)
    }

    fn ends(&self, partition: &Partition) -> Vec<InputOffset> {
        let source = self.of(partition);
        source.map_or_else(Vec::new, |source| source.ends(partition))
    }

    fn lag_time(&self, partition: &Partition, committed: Option<Offset>) -> Option<Duration> {
        self.of(partition)?.lag_time(partition, committed)
    }

    async fn committed(&mut self, partition: &Partition, upto: &Position) -> Result<()> {
        match self.of_mut(partition) {
            Some(one) => one.source.committed(partition, upto).await,
            None => Ok(()),
        }
    }

    fn in_group(&self) -> bool {
        self.sources.iter().any(|one| one.source.in_group())
    }

    fn fenced(&mut self, partition: &Partition) {
        if let Some(one) = self.of_mut(partition) {
            one.source.fenced(partition);
        }
    }
}

impl<P: Send + 'static> Replayable for Several<P> {}
