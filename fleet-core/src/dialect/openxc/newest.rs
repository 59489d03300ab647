//! The newest time of an input, for messages without a time.

use std::collections::HashMap;

use async_trait::async_trait;

use super::SCHEMA;
use crate::{
    contracts::{
        Source,
        source::{Batch, Chunk, Replayable, SourceEvent},
    },
    data::{EventTime, InputOffset, Offset, Partition, Position, Result, time::TimeReader},
    dialect::object::{self, UnknownKeys},
};

/// The newest time of an input so far.
#[derive(Clone, Debug, Default)]
pub struct NewestTime {
    newest: Option<EventTime>,
    /// Required by the reader of objects, although no message has a time as text.
    times: TimeReader,
}

impl NewestTime {
    /// Starts with the newest time of the input so far.
    pub fn after(newest: Option<EventTime>) -> Self {
        Self {
            newest,
            ..Self::default()
        }
    }
    /// Returns the newest time, once there is one.
    pub fn newest(&self) -> Option<EventTime> {
        self.newest
    }
    pub(super) fn observe(&mut self, at: Option<EventTime>) {
        self.newest = self.newest.max(at);
    }
    pub(super) fn times(&mut self) -> &mut TimeReader {
        &mut self.times
    }

    /// Takes in the times of all messages of a chunk, as the dialect does while it reads them.
    fn observe_all(&mut self, chunk: &Chunk) {
        if chunk.cut.is_some() {
            return;
        }
        for line in chunk.bytes.split(|byte| *byte == b'\n') {
            let Ok(line) = std::str::from_utf8(line) else {
                continue;
            };
            let message = object::read(&SCHEMA, UnknownKeys::Ignored, line, &mut self.times);
            if let Ok(Some(message)) = message {
                self.observe(message.at);
            }
        }
    }
}

/// Adds to each chunk of a source the newest time before it in its input, for OpenXC messages
/// without a time.
///
/// # Guarantees
/// The time depends only on the bytes before the chunk, not on how they were divided into chunks,
/// nor on where reading started. After a restart the part before the position is read again, and
/// its chunks are held back.
///
/// # Examples
/// ```no_run
/// use fleet_core::{dialect::NewestTimes, source::{Chunk, Replayable}};
/// fn openxc(files: impl Replayable<Payload = Chunk>) -> impl Replayable<Payload = Chunk> {
///     NewestTimes::new(files)
/// }
/// ```
///
/// # Cost
/// Each time is read twice, here and in the task.
#[derive(Debug)]
pub struct NewestTimes<S> {
    inner: S,
    newest: HashMap<(Partition, usize), NewestTime>,
    /// The offset from which the chunks of a partition are passed on, while its beginning is read
    /// again.
    from: HashMap<Partition, Offset>,
}

impl<S: Replayable<Payload = Chunk>> NewestTimes<S> {
    /// Wraps a source whose partitions begin at offset 0.
    pub fn new(inner: S) -> Self {
        Self {
            inner,
            newest: HashMap::new(),
            from: HashMap::new(),
        }
    }

    /// Adds the newest time to a batch, or returns `None` if the batch is held back.
    fn complete(&mut self, mut batch: Batch<Chunk>) -> Option<Batch<Chunk>> {
        let chunk = &mut batch.payload;
        let key = (batch.partition.clone(), chunk.input);
        let newest = self.newest.entry(key).or_default();
        chunk.newest = newest.newest();
        if let Some(from) = self.from.get(&batch.partition).copied() {
            if batch.next <= from {
                newest.observe_all(chunk);
                return None;
            }
            self.from.remove(&batch.partition);
            let before = from.0.saturating_sub(chunk.start.0);
            let before = usize::try_from(before).unwrap_or(usize::MAX);
            if before > 0 && before <= chunk.bytes.len() {
                let rest = chunk.bytes.split_off(before);
                newest.observe_all(chunk);
                chunk.newest = newest.newest();
                chunk.bytes = rest;
                chunk.start = from;
            }
        }
        newest.observe_all(chunk);
        Some(batch)
    }
}

#[async_trait]
impl<S: Replayable<Payload = Chunk>> Source for NewestTimes<S> {
    type Payload = Chunk;

    fn follows(&self) -> bool {
        self.inner.follows()
    }

    fn repeats(&self) -> bool {
        self.inner.repeats()
    }

    async fn next(&mut self) -> Result<SourceEvent<Chunk>> {
        loop {
            let event = self.inner.next().await?;
            match event {
                SourceEvent::Batch(batch) => {
                    if let Some(batch) = self.complete(batch) {
                        return Ok(SourceEvent::Batch(batch));
                    }
                }
                SourceEvent::Lost(partitions) => {
                    self.newest.retain(|(key, _), _| !partitions.contains(key));
                    return Ok(SourceEvent::Lost(partitions));
                }
                event => return Ok(event),
            }
        }
    }

    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        self.newest.retain(|(key, _), _| key != partition);
        self.from.remove(partition);
        match at.filter(|at| at.next > Offset(0)) {
            None => self.inner.start(partition, at).await,
            Some(at) => {
                self.from.insert(partition.clone(), at.next);
                let beginning = Position::default();
                self.inner.start(partition, Some(&beginning)).await
            }
        }
    }

    fn pause(&mut self, partition: &Partition) {
        self.inner.pause(partition);
    }

    fn resume(&mut self, partition: &Partition) {
        self.inner.resume(partition);
    }

    fn end(&self, partition: &Partition) -> Option<Offset> {
        self.inner.end(partition)
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
        self.inner.committed(partition, upto).await
    }
}

impl<S: Replayable<Payload = Chunk>> Replayable for NewestTimes<S> {}
