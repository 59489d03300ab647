//! Where records come from: the contract of a source.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;

pub use crate::data::{Offset, Partition};
use crate::{
    contracts::decode::SingleRecord,
    data::{EventTime, Result},
};

/// Records of one partition, as the source has them; decoding happens in the task.
#[derive(Clone, Debug)]
pub struct Batch<P> {
    /// Whose records.
    pub partition: Partition,
    /// The place after the last of them.
    pub next: Offset,
    /// When the log took them, where it tells: Kafka's append time. No clock of a key passes it, and a row
    /// [too far ahead](crate::Order::max_ahead) of it is a dead letter, so that one broken device clock does
    /// not make the rows that follow it late. A file knows none.
    ///
    /// A source that tells it ends a batch where the log's time changes, so that a replay finds the same.
    pub time: Option<EventTime>,
    /// The records: bytes with line ends, messages, typed events.
    pub payload: P,
}

/// What a source reports.
#[derive(Debug)]
pub enum SourceEvent<P> {
    /// Records of a partition that was started and is not paused.
    Batch(Batch<P>),
    /// These partitions are ours now; each is claimed, restored and [started](Source::start) by itself.
    Assigned(Vec<Partition>),
    /// These partitions go elsewhere. What was computed is committed within the time, then `done` drops.
    Revoking {
        /// Which.
        partitions: Vec<Partition>,
        /// How long there is.
        within: Duration,
        /// Dropped once they are released: the hand-over goes on then.
        done: RevokeGuard,
    },
    /// These partitions are gone already: nothing of them is committed any more.
    Lost(Vec<Partition>),
    /// Nothing to read at the moment: everything that was there is given. [Ticks](crate::pipeline::Ticks) wait
    /// for this.
    Idle,
    /// Nothing more will come from this partition.
    End(Partition),
}

/// Lets a hand-over of partitions go on when it drops.
pub struct RevokeGuard(Option<Box<dyn FnOnce() + Send>>);

impl RevokeGuard {
    /// Calls `release` when it drops.
    pub fn new(release: impl FnOnce() + Send + 'static) -> Self {
        Self(Some(Box::new(release)))
    }
}

impl Drop for RevokeGuard {
    fn drop(&mut self) {
        if let Some(release) = self.0.take() {
            release();
        }
    }
}

impl fmt::Debug for RevokeGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RevokeGuard")
    }
}

/// Where records come from.
///
/// The driver calls `next` again and again, answers each `Assigned` with one `start` per partition, and
/// tells by `committed` how far results are durable. A source never decides on progress by itself.
///
/// # Errors
/// A [retryable](crate::Error::is_retryable) error makes the driver wait and call again; any other stops the pipeline.
#[async_trait]
pub trait Source: Send + 'static {
    /// The records of a batch.
    type Payload: Send + 'static;

    /// What is new. Cancel-safe: the driver drops the future whenever something else is due, and nothing
    /// may be lost by that.
    async fn next(&mut self) -> Result<SourceEvent<Self::Payload>>;

    /// Answers `Assigned`: read from here. `None` means never read before; the source decides where to begin.
    async fn start(&mut self, partition: &Partition, at: Option<Offset>) -> Result<()>;

    /// Whether it goes on when there is nothing to read, and says [`Idle`](SourceEvent::Idle) then, instead of
    /// ending.
    fn follows(&self) -> bool {
        true
    }

    /// Gives no batch of this partition until it is resumed: two epochs wait for their commits.
    ///
    /// Everything else is still asked for and heard. A source that gives a batch all the same is not asked again
    /// until there is room, and hears of no hand-over in that time.
    fn pause(&mut self, partition: &Partition) {
        let _ = partition;
    }

    /// Gives batches of this partition again.
    fn resume(&mut self, partition: &Partition) {
        let _ = partition;
    }

    /// The place after the last record that this partition has at the moment, where the source knows it: what
    /// lies between a position and it is the lag. Asked after each commit, so it must cost little. Default: unknown.
    fn end(&self, partition: &Partition) -> Option<Offset> {
        let _ = partition;
        None
    }

    /// After a commit of a partition that is still ours: everything before `upto` is durable. A hint for a log, the acknowledgement for a queue.
    async fn committed(&mut self, partition: &Partition, upto: Offset) -> Result<()> {
        let _ = (partition, upto);
        Ok(())
    }
}

/// A source that gives every record again from any committed offset: a log, a file. A queue does not.
pub trait Replayable: Source {}

/// Bytes that hold whole records, each ended by a line feed (the last of an input may lack it).
///
/// # Shape
/// Without `cut`, any number of records. With `cut`, the beginning of one record that was longer than the
/// source's limit: a decoder refuses it, and the rest of it was not kept.
#[derive(Clone, Debug, Default)]
pub struct Chunk {
    /// The records.
    pub bytes: Vec<u8>,
    /// The offset of the first byte.
    pub start: Offset,
    /// Which input of the partition it is from, counted from 0.
    pub input: usize,
    /// The first record of that input, where the format has a header.
    pub header: Option<Arc<[u8]>>,
    /// The whole length of the one record that `bytes` begin.
    pub cut: Option<u64>,
    /// The newest time before this chunk in its input, where the source looks for it: only
    /// [`NewestTimes`](crate::dialect::NewestTimes) does.
    pub newest: Option<EventTime>,
}

impl Chunk {
    /// Splits it behind line feeds into up to `parts` of about one size, for records that hold none inside.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::{Offset, source::Chunk};
    /// let chunk = Chunk { bytes: b"a\nbb\nccc\n".to_vec(), start: Offset(100), ..Chunk::default() };
    /// let parts = chunk.divide(2);
    /// assert_eq!((&*parts[0].bytes, parts[0].start), (&b"a\nbb\n"[..], Offset(100)));
    /// assert_eq!((&*parts[1].bytes, parts[1].start), (&b"ccc\n"[..], Offset(105)));
    /// ```
    pub fn divide(mut self, parts: usize) -> Vec<Self> {
        let each = self.bytes.len().div_ceil(parts.max(1)).max(1);
        let mut divided = Vec::new();
        // The beginning of a record that was cut has no line end. From the back, each byte is moved once.
        for part in (1..parts).rev().filter(|_| self.cut.is_none()) {
            // A record that ends just there is whole.
            let before = part * each - 1;
            let behind = self.bytes.get(before..).unwrap_or_default();
            let end = memchr::memchr(b'\n', behind).map(|length| before + length + 1);
            if let Some(end) = end.filter(|end| *end < self.bytes.len()) {
                let bytes = self.bytes.split_off(end);
                let start = Offset(self.start.0 + end as u64);
                let header = self.header.clone();
                let (input, newest) = (self.input, self.newest);
                divided.push(Self {
                    bytes,
                    start,
                    input,
                    header,
                    cut: None,
                    newest,
                });
            }
        }
        divided.push(self);
        divided.reverse();
        divided
    }

    /// Each record by itself, for records that hold no line feed inside.
    pub(crate) fn records(self) -> Vec<SingleRecord<Self>> {
        let most = self.bytes.len();
        let single = |payload: Self| SingleRecord {
            at: payload.start,
            raw: payload.bytes.trim_ascii_end().to_vec(),
            payload,
        };
        self.divide(most).into_iter().map(single).collect()
    }
}
