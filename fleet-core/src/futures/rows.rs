//! A sink whose rows are read as a `futures::Stream`.

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

/// Creates a sink and a `futures::Stream` of the rows written to it. At most `capacity` rows (at
/// least 1) are in transit between them.
///
/// # Guarantees
/// At least once, for a reader that has processed a row when it asks for the next one. A write
/// succeeds only after the reader has asked for more following its last row, and only then does the
/// position advance. So a slow reader applies backpressure up to the source. If the reader is
/// dropped before the pipeline ends, the pipeline stops with an error, because its rows could not
/// be delivered.
///
/// Reader and pipeline run concurrently, as two tasks or joined in one. The stream ends with the
/// pipeline. Whether the pipeline succeeded is reported by its own result.
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
/// let (source, order, store) =
///     (Scripted::of_events("memory", [car]), Order::default(), MemoryStore::default());
/// let run = Pipeline::at_least_once(source, Typed::default(), order, graph, store)
///     .publish("live", telemetry, sink)
///     .run();
/// let vehicles = stream.map(|row| row.value.vehicle().to_string()).collect::<Vec<_>>();
/// let (report, seen) = tokio::join!(run, vehicles);
/// assert_eq!(seen, ["car-1"]);
/// assert!(report?.balances());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
pub fn rows<T>(capacity: u32) -> (RowSink<T>, RowStream<T>) {
    let capacity = capacity.max(1);
    let permits = usize::try_from(capacity).unwrap_or(usize::MAX);
    let (to, from) = mpsc::channel(permits);
    let sink = RowSink {
        to,
        free: Arc::new(Semaphore::new(permits)),
        capacity,
    };
    (sink, RowStream { from, permit: None })
}

/// A row and the permit that it holds until the reader has processed it.
type InTransit<T> = (Row<T>, OwnedSemaphorePermit);

/// The writing side of [`rows`].
pub struct RowSink<T> {
    to: mpsc::Sender<InTransit<T>>,
    /// One permit for each row that may still be sent.
    free: Arc<Semaphore>,
    capacity: u32,
}

/// The reading side of [`rows`].
///
/// # Guarantees
/// Dropping a future that waits for the next row loses no row.
pub struct RowStream<T> {
    from: mpsc::Receiver<InTransit<T>>,
    /// The permit of the row that the reader is processing.
    permit: Option<OwnedSemaphorePermit>,
}

#[async_trait]
impl<T: Clone + Send + Sync + 'static> Sink<T> for RowSink<T> {
    async fn write(&mut self, rows: &[Row<T>]) -> Result<Outcome> {
        for row in rows {
            let permit = Arc::clone(&self.free).acquire_owned().await;
            let permit = permit.map_err(|_| gone())?;
            let sent = self.to.send((row.clone(), permit)).await;
            sent.map_err(|_| gone())?;
        }
        // All permits are available once the reader has processed the last row or has been dropped.
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
        self.permit = None;
        let next = ready!(self.from.poll_recv(cx));
        Poll::Ready(next.map(|(row, permit)| {
            self.permit = Some(permit);
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
