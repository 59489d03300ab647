use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use async_trait::async_trait;
use futures_core::Stream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::{
    contracts::sink::{Outcome, Sink},
    data::{Error, ErrorKind, Result},
    rows::Row,
};

/// A sink and a `futures::Stream` of the rows that are written to it; between them lie at most `capacity` rows
/// (at least 1).
///
/// # Guarantees
/// At least once, for a reader that is done with a row when it asks for the next: a write succeeds only when
/// the reader has asked for more after its last row, and the position moves only then. So a slow reader holds
/// the pipeline back, down to the source. A reader that goes away before its pipeline stops it with an error,
/// because its rows could land nowhere.
///
/// Reader and pipeline run side by side: as two tasks, or joined in one. The stream ends with the pipeline;
/// whether all went well, the pipeline's own result tells.
///
/// # Examples
/// ```
/// use fleet_core::{
///     EventTime, Graph, MemoryStore, Order, Pipeline, VehicleId,
///     decode::Typed, event::Telemetry, futures::rows, testing::Scripted,
/// };
/// use futures_util::StreamExt;
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let (graph, telemetry) = Graph::new();
/// let car = Telemetry::new(VehicleId::new("car-1")?, EventTime::MIN);
/// let (sink, stream) = rows(16);
/// let run = Pipeline::at_least_once(
///         Scripted::of_rows("memory", [car]), Typed::default(), Order::default(), graph, MemoryStore::default(),
///     )
///     .publish("live", telemetry, sink)
///     .run();
/// let (report, seen) = tokio::join!(run, stream.map(|row| row.value.vehicle().to_string()).collect::<Vec<_>>());
/// assert_eq!(seen, ["car-1"]);
/// assert!(report?.balances());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
pub fn rows<T>(capacity: u32) -> (RowSink<T>, RowStream<T>) {
    let capacity = capacity.max(1);
    let places = usize::try_from(capacity).unwrap_or(usize::MAX);
    let (to, from) = mpsc::channel(places);
    let sink = RowSink {
        to,
        free: Arc::new(Semaphore::new(places)),
        capacity,
    };
    let in_hand = None;
    (sink, RowStream { from, in_hand })
}

/// A row and the place that it takes until the reader is done with it.
type Taken<T> = (Row<T>, OwnedSemaphorePermit);

/// The writing side of [`rows`].
pub struct RowSink<T> {
    to: mpsc::Sender<Taken<T>>,
    /// The places that no row takes.
    free: Arc<Semaphore>,
    capacity: u32,
}

/// The reading side of [`rows`].
///
/// # Guarantees
/// Dropping a future that waits for the next row loses none.
pub struct RowStream<T> {
    from: mpsc::Receiver<Taken<T>>,
    /// The place of the row that the reader has.
    in_hand: Option<OwnedSemaphorePermit>,
}

#[async_trait]
impl<T: Clone + Send + Sync + 'static> Sink<T> for RowSink<T> {
    async fn write(&mut self, rows: &[Row<T>]) -> Result<Outcome> {
        for row in rows {
            let place = Arc::clone(&self.free).acquire_owned().await;
            let place = place.map_err(|_| gone())?;
            let sent = self.to.send((row.clone(), place)).await;
            sent.map_err(|_| gone())?;
        }
        // All places are free once the reader is done with the last row, or has gone away.
        let all = self.free.acquire_many(self.capacity).await;
        drop(all.map_err(|_| gone())?);
        if self.to.is_closed() {
            return Err(gone());
        }
        Ok(Outcome::default())
    }
}

fn gone() -> Error {
    let message = "the reader of the stream of rows has gone away: keep it until the pipeline ends";
    Error::new(ErrorKind::Sink, message)
}

impl<T> Stream for RowStream<T> {
    type Item = Row<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Row<T>>> {
        self.in_hand = None;
        let next = ready!(self.from.poll_recv(cx));
        Poll::Ready(next.map(|(row, place)| {
            self.in_hand = Some(place);
            row
        }))
    }
}

impl<T> Unpin for RowStream<T> {}

impl<T> fmt::Debug for RowSink<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowSink")
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for RowStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowStream").finish_non_exhaustive()
    }
}
