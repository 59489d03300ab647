//! Adapter from a `futures::Stream` to a [`Source`].

use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

use async_trait::async_trait;
use futures_core::Stream;

use crate::{
    contracts::{
        Source,
        source::{OnePartition, SingleReader, SourceEvent},
    },
    data::{Offset, Partition, Position, Result},
};

/// The maximum number of items in a batch. Our choice: large enough to amortise the fixed costs of
/// a batch, small enough to let other partitions proceed.
const MAX_BATCH_ITEMS: usize = 1024;

/// A [`Source`] that reads a `futures::Stream` of events, or of anything that a
/// [`Decode`](crate::Decode) reads.
///
/// # Shape
/// One partition, which closes with the stream, and [ends](Self::ending) with it only if you say
/// so. The items that are ready at once form one batch, up to 1,024.
///
/// # Guarantees
/// At least once, provided that the stream repeats the items that were not
/// [acknowledged](Self::on_committed). Otherwise a crash loses the items read since the last
/// commit, which is why this source is not [`Replayable`](crate::source::Replayable). The stream is
/// not polled while a sink applies backpressure. [`next`](Source::next) keeps no state in its
/// future, so dropping it loses no item.
///
/// # Examples
/// ```
/// use fleet_core::{
///     EventTime, Graph, MemoryStore, Order, Pipeline, VehicleId,
///     decode::Typed, event::Telemetry, futures::StreamSource, sink::Null,
/// };
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let car = VehicleId::new("car-1")?;
/// let at = |second: i64| EventTime::from_micros(second * 1_000_000);
/// let events = (0..3).map(|second| Telemetry::new(car.clone(), at(second)));
/// let source = StreamSource::new("live", futures_util::stream::iter(events.collect::<Vec<_>>()));
///
/// let (graph, telemetry) = Graph::new();
/// let (order, store) = (Order::default(), MemoryStore::default());
/// let report = Pipeline::at_least_once(source, Typed::default(), order, graph, store)
///     .publish("out", telemetry, Null)
///     .run()
///     .await?;
/// assert_eq!(report.counts.accepted, 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
pub struct StreamSource<S: Stream, T> {
    one: OnePartition,
    stream: Pin<Box<S>>,
    /// Returns the offset of an item, given the offset after the previous one.
    assign_offset: fn(Offset, S::Item) -> (Offset, T),
    on_committed: Option<Box<dyn FnMut(Offset) + Send>>,
    /// Whether the end of the stream is the end of the input.
    ends: bool,
    /// Whether the stream has ended. It is not polled again.
    is_over: bool,
}

impl<S: Stream> StreamSource<S, S::Item> {
    /// Creates a source that numbers the items, continuing from the last committed number. The
    /// stream has to continue there as well.
    pub fn new(partition: &str, stream: S) -> Self {
        Self::with_assigned(partition, stream, |next, item| (next, item))
    }
}

impl<S: Stream<Item = (Offset, T)>, T> StreamSource<S, T> {
    /// Creates a source of items with offsets, such as the record numbers of a log. Offsets have to
    /// increase.
    ///
    /// Items before the offset at which the pipeline resumes are already committed and are skipped,
    /// so the stream may restart from any earlier offset. Items whose offset does not increase are
    /// skipped too.
    pub fn with_offsets(partition: &str, stream: S) -> Self {
        Self::with_assigned(partition, stream, |_, item| item)
    }
}

impl<S: Stream, T> StreamSource<S, T> {
    fn with_assigned(
        partition: &str,
        stream: S,
        assign_offset: fn(Offset, S::Item) -> (Offset, T),
    ) -> Self {
        Self {
            one: OnePartition::new(partition),
            stream: Box::pin(stream),
            assign_offset,
            on_committed: None,
            ends: false,
            is_over: false,
        }
    }

    /// Sets a callback that runs after each commit with the offset before which all results are
    /// durable. It can acknowledge the items to their producer.
    #[must_use]
    pub fn on_committed(mut self, acknowledge: impl FnMut(Offset) + Send + 'static) -> Self {
        self.on_committed = Some(Box::new(acknowledge));
        self
    }

    /// Declares the end of the stream to be the end of the input: windows close, and this is
    /// stored. A later run of the partition is refused. Default: the next run goes on with another
    /// stream.
    #[must_use]
    pub fn ending(mut self) -> Self {
        self.ends = true;
        self
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<SourceEvent<Vec<(Offset, T)>>> {
        let (mut payload, mut next) = (Vec::new(), self.one.at());
        let mut waiting = false;
        for _ in 0..MAX_BATCH_ITEMS {
            if self.is_over {
                break;
            }
            match self.stream.as_mut().poll_next(cx) {
                Poll::Ready(Some(item)) => {
                    let (at, value) = (self.assign_offset)(next, item);
                    if at >= next {
                        next = Offset(at.0.saturating_add(1));
                        payload.push((at, value));
                    }
                }
                Poll::Ready(None) => self.is_over = true,
                Poll::Pending => {
                    waiting = true;
                    break;
                }
            }
        }
        if !payload.is_empty() {
            return Poll::Ready(self.one.batch(next, payload));
        }
        if self.is_over {
            return Poll::Ready(if self.ends {
                self.one.end()
            } else {
                self.one.close()
            });
        }
        if !waiting {
            // Only committed items so far, and there may be more. Yield to other tasks first.
            cx.waker().wake_by_ref();
        } else if let Some(idle) = self.one.idle() {
            return Poll::Ready(idle);
        }
        Poll::Pending
    }
}

impl<S, T> SingleReader for StreamSource<S, T>
where
    S: Stream + Send + 'static,
    T: Send + 'static,
{
}

#[async_trait]
impl<S, T> Source for StreamSource<S, T>
where
    S: Stream + Send + 'static,
    T: Send + 'static,
{
    type Payload = Vec<(Offset, T)>;

    async fn next(&mut self) -> Result<SourceEvent<Self::Payload>> {
        match self.one.ready().await {
            Some(assigned) => Ok(assigned),
            None => Ok(poll_fn(|cx| self.poll_event(cx)).await),
        }
    }

    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        self.one.start(partition, at)
    }

    fn pause(&mut self, _: &Partition) {
        self.one.pause();
    }

    fn resume(&mut self, _: &Partition) {
        self.one.resume();
    }

    async fn committed(&mut self, _: &Partition, upto: &Position) -> Result<()> {
        if let Some(acknowledge) = &mut self.on_committed {
            acknowledge(upto.next);
        }
        Ok(())
    }
}

impl<S: Stream, T> fmt::Debug for StreamSource<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamSource")
            .field("partition", &self.one)
            .field("is_over", &self.is_over)
            .finish_non_exhaustive()
    }
}
