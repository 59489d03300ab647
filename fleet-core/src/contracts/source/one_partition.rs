//! The state machine of a source that has one partition.

use std::future::pending;

use super::contract::{Batch, SourceEvent};
use crate::data::{Error, ErrorKind, Mark, Offset, Partition, Position, Result};

/// The state of a source with one partition: assigned once, started at a position, read, paused,
/// ended or closed once.
///
/// The source keeps one, passes its calls on, and is left with reading records.
///
/// # Guarantees
/// - [`ready`](Self::ready) returns the assignment once. After that it completes only while the
///   partition is started, not paused and not ended.
/// - It changes nothing when its future is dropped. A source whose own waiting changes nothing
///   either is cancel-safe, as [`Source::next`](crate::Source::next) has to be.
///
/// # Examples
/// A complete source:
/// ```
/// use fleet_core::{
///     Offset, Partition, Result, Source,
///     source::{OnePartition, Position, Replayable, SourceEvent},
/// };
///
/// struct Lines {
///     one: OnePartition,
///     lines: Vec<String>,
/// }
///
/// #[async_trait::async_trait]
/// impl Source for Lines {
///     type Payload = Vec<(Offset, String)>;
///
///     async fn next(&mut self) -> Result<SourceEvent<Self::Payload>> {
///         if let Some(assigned) = self.one.ready().await {
///             return Ok(assigned);
///         }
///         let at = self.one.at();
///         Ok(match self.lines.get(at.0 as usize) {
///             Some(line) => self.one.batch(Offset(at.0 + 1), vec![(at, line.clone())]),
///             None => self.one.end(),
///         })
///     }
///     async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
///         self.one.start(partition, at)
///     }
///     fn pause(&mut self, _: &Partition) {
///         self.one.pause();
///     }
///     fn resume(&mut self, _: &Partition) {
///         self.one.resume();
///     }
/// }
/// impl Replayable for Lines {}
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let one = OnePartition::new("lines");
/// let mut source = Lines { one, lines: vec!["a".into(), "b".into()] };
/// let SourceEvent::Assigned(mine) = source.next().await? else { panic!("first the assignment") };
/// source.start(&mine[0], Some(&Offset(1).into())).await?;
/// let SourceEvent::Batch(batch) = source.next().await? else { panic!("then the second line") };
/// assert_eq!(batch.payload, [(Offset(1), "b".to_owned())]);
/// assert!(matches!(source.next().await?, SourceEvent::End(_)));
/// # Ok::<(), fleet_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct OnePartition {
    partition: Partition,
    phase: Phase,
    paused: bool,
    /// Whether the driver was told that nothing is there to read.
    idle: bool,
    /// The offset after the last batch.
    at: Offset,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    New,
    Assigned,
    Reading,
    Ended,
}

impl OnePartition {
    /// Returns the state before the assignment.
    pub fn new(partition: impl Into<Partition>) -> Self {
        Self {
            partition: partition.into(),
            phase: Phase::New,
            paused: false,
            idle: false,
            at: Offset::default(),
        }
    }

    /// The partition.
    pub fn partition(&self) -> &Partition {
        &self.partition
    }

    /// The offset after the last batch, or the one at which reading was started.
    pub fn at(&self) -> Offset {
        self.at
    }

    /// Returns the assignment, the first time. After that waits until records may be read, and
    /// returns `None`.
    ///
    /// It waits for the driver, which starts or resumes the partition between two calls; so a
    /// future that waits never completes, but is dropped.
    pub async fn ready<P>(&mut self) -> Option<SourceEvent<P>> {
        match self.phase {
            Phase::New => {
                self.phase = Phase::Assigned;
                Some(SourceEvent::Assigned(vec![self.partition.clone()]))
            }
            Phase::Reading if !self.paused => None,
            Phase::Assigned | Phase::Reading | Phase::Ended => pending().await,
        }
    }

    /// Starts reading at a position: at offset 0 if nothing was ever committed.
    ///
    /// # Errors
    /// Of kind `Config` if `partition` is another one.
    pub fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        self.check(partition)?;
        self.at = at.map(|at| at.next).unwrap_or_default();
        self.phase = Phase::Reading;
        (self.paused, self.idle) = (false, false);
        Ok(())
    }

    /// Refuses another partition, for a source that has work to do before it [starts](Self::start).
    ///
    /// # Errors
    /// Of kind `Config` if `partition` is another one.
    pub fn check(&self, partition: &Partition) -> Result<()> {
        if *partition == self.partition {
            return Ok(());
        }
        let own = &self.partition;
        let message = format!(
            "cannot start partition {partition}: this source has one partition, {own}; give it \
             its own, or open the source of {partition}"
        );
        Err(Error::new(ErrorKind::Config, message))
    }

    /// Stops [`ready`](Self::ready) until [`resume`](Self::resume) is called.
    pub fn pause(&mut self) {
        self.paused = true;
    }

    /// Lets records be read again.
    pub fn resume(&mut self) {
        self.paused = false;
    }

    /// Returns the records up to `next` as a batch, and moves on to `next`.
    pub fn batch<P>(&mut self, next: Offset, payload: P) -> SourceEvent<P> {
        self.at = next;
        self.idle = false;
        SourceEvent::Batch(Batch::new(self.partition.clone(), next, payload))
    }

    /// Returns the records up to `next` as a batch with a mark, and moves on to `next`.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::{
    ///     Offset, Partition,
    ///     source::{Mark, OnePartition, Position, SourceEvent},
    /// };
    /// let mut one = OnePartition::new("both");
    /// one.start(&Partition::new("both"), None)?;
    /// let mark = Mark::new([("a.log", Offset(120)), ("b.log", Offset(80))], b"");
    /// let event = one.batch_with_mark(Offset(3), mark, vec!["one", "two", "three"]);
    /// let SourceEvent::Batch(batch) = event else { panic!("it is a batch") };
    /// // The next start gets offset and mark back.
    /// let position = Position { next: batch.next, mark: batch.mark };
    /// assert_eq!(position.mark.unwrap().offset_in("b.log"), Some(Offset(80)));
    /// # Ok::<(), fleet_core::Error>(())
    /// ```
    pub fn batch_with_mark<P>(&mut self, next: Offset, mark: Mark, payload: P) -> SourceEvent<P> {
        self.at = next;
        self.idle = false;
        let batch = Batch::new(self.partition.clone(), next, payload);
        SourceEvent::Batch(Batch {
            mark: Some(mark),
            ..batch
        })
    }

    /// Returns the event that nothing is there to read: once, and again after the next batch.
    pub fn idle<P>(&mut self) -> Option<SourceEvent<P>> {
        (!std::mem::replace(&mut self.idle, true)).then_some(SourceEvent::Idle)
    }

    /// Ends the partition for good, and returns the event that says so.
    pub fn end<P>(&mut self) -> SourceEvent<P> {
        self.phase = Phase::Ended;
        SourceEvent::End(self.partition.clone())
    }

    /// Ends reading for this run, and returns the event that says so: the next run may go on.
    pub fn close<P>(&mut self) -> SourceEvent<P> {
        self.phase = Phase::Ended;
        SourceEvent::Closed(self.partition.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        task::{Context, Poll, Waker},
    };

    use super::*;

    /// What `ready` returns when it is polled once and dropped; `None` if it waits.
    #[expect(
        clippy::option_option,
        reason = "the outer one is whether it was ready"
    )]
    fn poll_once(one: &mut OnePartition) -> Option<Option<SourceEvent<()>>> {
        let cx = &mut Context::from_waker(Waker::noop());
        match pin!(one.ready()).poll(cx) {
            Poll::Ready(event) => Some(event),
            Poll::Pending => None,
        }
    }

    #[test]
    fn the_partition_is_assigned_once_and_read_only_while_it_may_be() {
        let mut one = OnePartition::new("p");
        let assigned = poll_once(&mut one);
        assert!(
            matches!(assigned, Some(Some(SourceEvent::Assigned(mine))) if mine[0] == "p".into())
        );
        assert!(poll_once(&mut one).is_none(), "before the start");
        one.start(&"p".into(), Some(&Offset(5).into())).unwrap();
        assert_eq!(one.at(), Offset(5));
        assert!(matches!(poll_once(&mut one), Some(None)));
        one.pause();
        assert!(poll_once(&mut one).is_none(), "while it is paused");
        one.resume();
        assert!(matches!(poll_once(&mut one), Some(None)));
        let SourceEvent::Batch(batch) = one.batch(Offset(6), ()) else {
            panic!("a batch")
        };
        assert_eq!(
            (batch.partition, batch.next, one.at()),
            ("p".into(), Offset(6), Offset(6))
        );
        assert!(matches!(one.end::<()>(), SourceEvent::End(_)));
        assert!(poll_once(&mut one).is_none(), "after the end");
        one.start(&"p".into(), None).unwrap();
        assert_eq!(one.at(), Offset(0));
        assert!(
            matches!(poll_once(&mut one), Some(None)),
            "it is read again"
        );
    }

    #[test]
    fn another_partition_is_refused_and_changes_nothing() {
        let mut one = OnePartition::new("mine");
        let error = one
            .start(&"other".into(), Some(&Offset(5).into()))
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        let message = error.to_string();
        assert!(
            message.contains("other") && message.contains("mine"),
            "{message}"
        );
        assert_eq!(one.at(), Offset(0));
        assert!(matches!(
            poll_once(&mut one),
            Some(Some(SourceEvent::Assigned(_)))
        ));
        assert!(poll_once(&mut one).is_none());
    }

    #[test]
    fn idle_is_reported_once_until_the_next_batch() {
        let mut one = OnePartition::new("p");
        one.start(&"p".into(), None).unwrap();
        assert!(one.idle::<()>().is_some());
        assert!(one.idle::<()>().is_none());
        let _ = one.batch(Offset(1), ());
        assert!(one.idle::<()>().is_some());
    }
}
