//! The contract of a source, which reads records from the outside world.

use std::{fmt, time::Duration};

use async_trait::async_trait;

use crate::data::{EventTime, InputOffset, Mark, Offset, Partition, Position, Result};

/// Undecoded records of one partition.
#[derive(Clone, Debug)]
pub struct Batch<P> {
    /// The partition the records belong to.
    pub partition: Partition,
    /// The offset after the last record.
    pub next: Offset,
    /// The source's own note at `next`, for what the offset cannot say. `None` if the offset says
    /// all: then nothing is stored, and nothing is kept of an earlier mark.
    pub mark: Option<Mark>,
    /// The time at which the log appended the records, if it records one for all of them. A file
    /// has none.
    ///
    /// No key's clock passes the log time of a row that moves it, and a row
    /// [too far ahead](crate::Order::max_ahead) of it becomes a dead letter. One device with a
    /// broken clock therefore cannot make the rows that follow it late.
    ///
    /// A log whose records have times of their own, as in Kafka, leaves this `None`: the decoder
    /// gives the time [with each row](crate::decode::Entry::row_logged), which takes precedence.
    /// Batches are then cut anywhere, and results do not depend on it. What is set here has to be
    /// the same for these records however they are cut, because a replay may cut them differently.
    pub time: Option<EventTime>,
    /// The records: lines, messages or typed events.
    pub payload: P,
}

impl<P> Batch<P> {
    /// Returns a batch without a mark and without a log time.
    pub fn new(partition: Partition, next: Offset, payload: P) -> Self {
        Self {
            partition,
            next,
            mark: None,
            time: None,
            payload,
        }
    }
}

/// An event that a source reports.
#[derive(Debug)]
pub enum SourceEvent<P> {
    /// Records of a partition that is started and not paused.
    Batch(Batch<P>),
    /// This process now owns these partitions. The driver claims, restores and
    /// [starts](Source::start) each one. Repeated while a partition is owned, it changes nothing.
    Assigned(Vec<Partition>),
    /// These partitions are about to move to another process. The driver commits what it has
    /// computed for them, as far as the time allows, and then drops `done`.
    Revoking {
        /// The partitions that move.
        partitions: Vec<Partition>,
        /// The time left to commit.
        within: Duration,
        /// Dropped when the partitions are released, so that the rebalance can proceed.
        done: RevokeGuard,
    },
    /// These partitions already belong to another process. The driver discards everything it has
    /// not committed for them.
    Lost(Vec<Partition>),
    /// The source has caught up: there is nothing to read at the moment.
    /// [Ticks](crate::pipeline::Ticks) fire only after this.
    Idle,
    /// The partition has ended: no more records will follow, in this run or any other. Its windows
    /// close, and this is stored. When every partition that this process owns has ended or closed,
    /// the run completes.
    End(Partition),
    /// The source gives no more records of the partition in this run, but may in the next: a
    /// channel was closed because its service stops. What was read is committed, and nothing is
    /// stored as ended.
    Closed(Partition),
}

/// Runs a callback when it is dropped, to let a rebalance proceed.
pub struct RevokeGuard(Option<Box<dyn FnOnce() + Send>>);

impl RevokeGuard {
    /// Returns a guard that calls `release` when it is dropped.
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

/// Reads records from the outside world.
///
/// The driver owns the source and calls it from one task:
///
/// ```text
/// next, over and over  -> Assigned   start, once per partition
///                      -> Batch      decode and compute
///                      -> Revoking   commit, then drop the guard
///                      -> Lost       discard
/// after each commit    committed, once per partition
/// after a lost fence   fenced, once per partition
/// ```
///
/// A source reports; it never decides on progress. The position belongs to the
/// [checkpoint store](crate::checkpoint::CheckpointStore), and `start` passes it in. A source that
/// keeps a position of its own, such as a consumer group's, updates it in `committed` and nowhere
/// else.
///
/// # Guarantees
/// An implementation guarantees:
/// - `next` is cancel-safe: dropping its future before it completes loses no record and no event.
/// - Within a partition, batches arrive in input order and skip no record from the offset passed to
///   `start` on.
/// - A batch, and the end, belong to a partition that was assigned and started, and not revoked or
///   lost since. A partition is restored between the two, which takes time; a source that does not
///   wait ends the run. [`OnePartition`](super::OnePartition) waits.
///
/// # Errors
/// After a [retryable](crate::Error::is_retryable) error the driver waits and repeats the call; any
/// other error stops the pipeline. A record that cannot be decoded is not an error: pass it on, and
/// the decoder turns it into a dead letter.
///
/// A `Box` of a source and a `&mut` to one are sources too, also of a `dyn` source.
#[async_trait]
pub trait Source: Send {
    /// The records of a batch.
    type Payload: Send + 'static;

    /// Waits for the next event.
    ///
    /// The driver drops the future whenever a commit, a timer or a stop needs attention, and then
    /// calls `next` again.
    async fn next(&mut self) -> Result<SourceEvent<Self::Payload>>;

    /// Starts reading a partition at the position `at`, which is the offset and the mark of a
    /// [`Batch`].
    ///
    /// Called once for each partition of an [`Assigned`](SourceEvent::Assigned), unless the
    /// partition is revoked or lost before its state is restored; and again after an error, even if
    /// the first call had an effect. `None` means that nothing was ever committed: the source
    /// chooses where to begin.
    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()>;

    /// Returns whether the source waits for more input when it has caught up, and reports
    /// [`Idle`](SourceEvent::Idle), instead of ending. Default: `true`.
    fn follows(&self) -> bool {
        true
    }

    /// Returns whether reading again from an offset gives the same records in the same order.
    /// Default: `true`.
    ///
    /// A source that decides something by waiting, such as a [`Zip`](crate::zip::Zip) with an idle
    /// time, returns `false`. A pipeline over it writes a [snapshot](crate::pipeline::Snapshots)
    /// with every commit, because a replay would not repeat what was computed.
    fn repeats(&self) -> bool {
        true
    }

    /// Stops batches of a partition until [`resume`](Self::resume) is called.
    ///
    /// The driver pauses every partition while one epoch is full and another is being committed. It
    /// keeps calling `next` for all other events. A pause does not outlive a hand-over: `resume`
    /// follows the next `start`. A source that ignores the pause, as the default
    /// does, works too: the driver holds its next batch and stops calling `next` until there is
    /// room. Until then a rebalance goes unnoticed. The conformance suites of sources require that
    /// a pause is honoured.
    fn pause(&mut self, partition: &Partition) {
        let _ = partition;
    }

    /// Allows batches of a paused partition again.
    fn resume(&mut self, partition: &Partition) {
        let _ = partition;
    }

    /// Returns the offset after the partition's last record as of now, if the source knows it.
    ///
    /// The difference to the committed position is the lag. Called after `start` and after each
    /// commit, so it must be cheap. Default: unknown.
    fn end(&self, partition: &Partition) -> Option<Offset> {
        let _ = partition;
        None
    }

    /// Returns the offset after the last record of a partition that was returned, or where it was
    /// started, if nothing is read beyond and the source knows it. Default: unknown.
    ///
    /// A [`Zip`](crate::zip::Zip) asks for it, to know whether an input without records has any.
    fn position(&self, partition: &Partition) -> Option<Offset> {
        let _ = partition;
        None
    }

    /// Returns the end of each input of a partition as of now, under the names that its
    /// [marks](Mark) use.
    ///
    /// The difference to the mark of the committed position is the lag of the input. Called as
    /// [`end`](Self::end). Default: none, because the partition is its own input.
    fn ends(&self, partition: &Partition) -> Vec<InputOffset> {
        let _ = partition;
        Vec::new()
    }

    /// Returns how long ago the log took the oldest record of a partition that is not
    /// [committed](Self::committed), if the source knows it; zero if there is none.
    ///
    /// This is the lag in time. Called as [`end`](Self::end), and before `committed` reports the
    /// commit. Default: unknown.
    fn lag_time(&self, partition: &Partition, committed: Option<Offset>) -> Option<Duration> {
        let _ = (partition, committed);
        None
    }

    /// Reports that everything before `upto` is durable.
    ///
    /// Called after each commit, for each partition in it that this process still owns. If the
    /// driver runs out of time during a hand-over, it drops the future and calls again later. A log
    /// may store the offset as a hint; a queue acknowledges its messages. Default: does nothing.
    async fn committed(&mut self, partition: &Partition, upto: &Position) -> Result<()> {
        let _ = (partition, upto);
        Ok(())
    }

    /// Returns whether a group decides which process reads which partition, as a consumer group of
    /// Kafka does. Default: `false`, each process reads all partitions.
    ///
    /// It decides what follows when another process [claims](Self::fenced) the last partition of
    /// this one. In a group the run goes on: the other process may be a former owner whose claim
    /// came late, and the group assigns partitions again. Without a group the run ends with an
    /// error, because two processes do the same work.
    fn in_group(&self) -> bool {
        false
    }

    /// Reports that another process has claimed a partition that was started here. The driver has
    /// discarded what it had not committed, and reads no further batch of it.
    ///
    /// A source in a group asks its group. If the partition still belongs to this process, the
    /// source reports it as [`Assigned`](SourceEvent::Assigned) again, and the driver claims it
    /// again, each time after a longer delay. If not, it reports it as
    /// [`Lost`](SourceEvent::Lost). Default: does nothing.
    fn fenced(&mut self, partition: &Partition) {
        let _ = partition;
    }
}

/// What a source is, which decides what a pipeline can promise over it.
///
/// | kind | trait | a restart | readers of a partition | order, keyed state |
/// |---|---|---|---|---|
/// | log | [`Replayable`] | reads again from any committed offset | one | yes |
/// | live | [`SingleReader`] | goes on with what comes next | one | yes |
/// | queue | [`Queue`] | what was not acknowledged comes again | several, competing | no |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// Such as a file, or a topic of Kafka.
    Log,
    /// Such as a channel, a socket, or the requests of a server.
    Live,
    /// Such as a queue of RabbitMQ.
    Queue,
}

/// A source of whose partitions each has one reader at a time: a log or a live source. Rows of one
/// key come to one task, so they can be put in order, and nodes can keep state for it.
///
/// Every [`Replayable`] source is one. For a live source, implement it without methods; its
/// [`committed`](Source::committed) acknowledges what is durable.
#[diagnostic::on_unimplemented(
    message = "it is not said what kind of source `{Self}` is",
    label = "neither a log nor a live source",
    note = "implement `Replayable` for a log that can be read again from a committed offset, \
            `SingleReader` for a live source, or `Queue` and use `Pipeline::over_queue`"
)]
pub trait SingleReader: Source {
    /// Returns what kind of source it is. Default: live.
    fn kind(&self) -> SourceKind {
        SourceKind::Live
    }
}

impl<S: Replayable + ?Sized> SingleReader for S {
    fn kind(&self) -> SourceKind {
        SourceKind::Log
    }
}

/// A source that can read its records again from any committed offset, such as a log or a file. A
/// queue cannot.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read again from a committed offset",
    label = "not a replayable source",
    note = "a source that is not `Replayable` runs with `Pipeline::at_least_once`"
)]
pub trait Replayable: Source {}

/// A source whose records are dealt to several competing readers, such as a queue of RabbitMQ.
///
/// Rows of one key come to any reader in any order, and come again if a reader dies before it
/// acknowledges them. So there is no order to restore and no state to keep for a key:
/// [`Pipeline::over_queue`](crate::Pipeline::over_queue) takes rows as they arrive, and accepts
/// graphs of stateless nodes only.
///
/// Each reader has a partition of its own, under a name that no other reader uses; its offsets
/// count what this reader was given. [`committed`](Source::committed) acknowledges.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a queue",
    label = "not a queue",
    note = "a log or a live source runs with `Pipeline::exactly_once` or \
            `Pipeline::at_least_once`"
)]
pub trait Queue: Source {}
