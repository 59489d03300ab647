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
        source::{Batch, SourceEvent},
    },
    data::{Offset, Partition, Result},
};

/// How many items one batch holds at most. Our choice: a batch's fixed costs no longer show, and others get a turn.
const MOST: usize = 1024;

/// A `futures::Stream` of events, or of anything that a [`Decode`](crate::Decode) reads, as a source.
///
/// # Shape
/// One partition, which ends with the stream. What is ready at once is one batch, up to 1,024 items.
///
/// # Guarantees
/// At least once, as far as the stream gives again what was not [acknowledged](Self::on_committed). A stream that
/// does not loses what a crash finds between it and the last commit: it is no [`Replayable`](crate::source::Replayable).
/// The stream is not polled while a sink holds the pipeline back. [`next`](Source::next) keeps nothing in its
/// future: dropping it loses no item.
///
/// # Examples
/// ```
/// use fleet_core::{
///     EventTime, Graph, MemoryStore, Order, Pipeline, VehicleId,
///     decode::Typed, event::Telemetry, futures::StreamSource, sink::Null,
/// };
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let car = VehicleId::new("car-1")?;
/// let events = (0..3).map(|second| Telemetry::new(car.clone(), EventTime::from_micros(second * 1_000_000)));
/// let source = StreamSource::new("live", futures_util::stream::iter(events.collect::<Vec<_>>()));
///
/// let (graph, telemetry) = Graph::new();
/// let report = Pipeline::at_least_once(source, Typed::default(), Order::default(), graph, MemoryStore::default())
///     .publish("out", telemetry, Null)
///     .run()
///     .await?;
/// assert_eq!(report.counts.accepted, 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
pub struct StreamSource<S: Stream, T> {
    partition: Partition,
    stream: Pin<Box<S>>,
    /// Tells the place of an item, given the place after the one before.
    place: fn(Offset, S::Item) -> (Offset, T),
    on_committed: Option<Box<dyn FnMut(Offset) + Send>>,
    state: State,
    paused: bool,
    /// The driver knows that nothing is ready.
    told_idle: bool,
    /// After the last item.
    next: Offset,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    New,
    Assigned,
    Running,
    /// The stream is over, and the driver has not heard of it.
    Over,
    Ended,
}

impl<S: Stream> StreamSource<S, S::Item> {
    /// Numbers the items, going on from the last committed one: the stream goes on as well.
    pub fn new(partition: &str, stream: S) -> Self {
        Self::placed(partition, stream, |next, item| (next, item))
    }
}

impl<S: Stream<Item = (Offset, T)>, T> StreamSource<S, T> {
    /// Takes items with their places, such as the numbers of a log, which grow.
    ///
    /// An item before the place where the pipeline goes on was committed already and is left out: a stream may
    /// begin again from any earlier place. So is one whose place does not grow.
    pub fn with_offsets(partition: &str, stream: S) -> Self {
        Self::placed(partition, stream, |_, item| item)
    }
}

impl<S: Stream, T> StreamSource<S, T> {
    fn placed(partition: &str, stream: S, place: fn(Offset, S::Item) -> (Offset, T)) -> Self {
        Self {
            partition: Partition::new(partition),
            stream: Box::pin(stream),
            place,
            on_committed: None,
            state: State::New,
            paused: false,
            told_idle: false,
            next: Offset::default(),
        }
    }

    /// Calls this after each commit: the results of everything before the place are durable. Whoever feeds the
    /// stream can acknowledge it there.
    #[must_use]
    pub fn on_committed(mut self, acknowledge: impl FnMut(Offset) + Send + 'static) -> Self {
        self.on_committed = Some(Box::new(acknowledge));
        self
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<SourceEvent<Vec<(Offset, T)>>> {
        let mut payload = Vec::new();
        let mut waiting = false;
        for _ in 0..MOST {
            match self.stream.as_mut().poll_next(cx) {
                Poll::Ready(Some(item)) => {
                    let (at, value) = (self.place)(self.next, item);
                    if at >= self.next {
                        self.next = Offset(at.0.saturating_add(1));
                        payload.push((at, value));
                    }
                }
                Poll::Ready(None) => {
                    self.state = State::Over;
                    break;
                }
                Poll::Pending => {
                    waiting = true;
                    break;
                }
            }
        }
        if !payload.is_empty() {
            self.told_idle = false;
            return Poll::Ready(SourceEvent::Batch(Batch {
                partition: self.partition.clone(),
                next: self.next,
                time: None,
                payload,
            }));
        }
        if self.state == State::Over {
            self.state = State::Ended;
            return Poll::Ready(SourceEvent::End(self.partition.clone()));
        }
        if !waiting {
            // Nothing but items that were committed before, and maybe more; others get a turn.
            cx.waker().wake_by_ref();
        } else if !std::mem::replace(&mut self.told_idle, true) {
            return Poll::Ready(SourceEvent::Idle);
        }
        Poll::Pending
    }
}

#[async_trait]
impl<S, T> Source for StreamSource<S, T>
where
    S: Stream + Send + 'static,
    T: Send + 'static,
{
    type Payload = Vec<(Offset, T)>;

    async fn next(&mut self) -> Result<SourceEvent<Self::Payload>> {
        match self.state {
            State::New => {
                self.state = State::Assigned;
                Ok(SourceEvent::Assigned(vec![self.partition.clone()]))
            }
            State::Running if !self.paused => Ok(poll_fn(|cx| self.poll_event(cx)).await),
            State::Over if !self.paused => {
                self.state = State::Ended;
                Ok(SourceEvent::End(self.partition.clone()))
            }
            State::Assigned | State::Running | State::Over | State::Ended => {
                std::future::pending().await
            }
        }
    }

    async fn start(&mut self, _: &Partition, at: Option<Offset>) -> Result<()> {
        self.next = at.unwrap_or_default();
        self.state = State::Running;
        Ok(())
    }

    fn pause(&mut self, _: &Partition) {
        self.paused = true;
    }

    fn resume(&mut self, _: &Partition) {
        self.paused = false;
    }

    async fn committed(&mut self, _: &Partition, upto: Offset) -> Result<()> {
        if let Some(acknowledge) = &mut self.on_committed {
            acknowledge(upto);
        }
        Ok(())
    }
}

impl<S: Stream, T> fmt::Debug for StreamSource<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamSource")
            .field("partition", &self.partition)
            .field("state", &self.state)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}
