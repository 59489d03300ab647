//! Adapter from a [`Sink`] to a `futures::Sink`.

use std::{
    fmt, mem,
    num::NonZeroUsize,
    pin::Pin,
    task::{Context, Poll, ready},
};

use crate::{
    contracts::sink::{Outcome, Rejected, Sink},
    data::{Error, Result},
    rows::Row,
};

/// A `futures::Sink` of rows that buffers them and writes them to a [`Sink`] in batches.
///
/// # Guarantees
/// A row is written once a flush or a close has succeeded. After an error the rows are still
/// buffered, and the next flush writes them again. Dropping a flush future loses nothing. Dropping
/// the sink loses the rows that were not flushed.
///
/// # Examples
/// ```
/// use std::num::NonZeroUsize;
/// use fleet_core::{EventTime, Offset, Row, futures::BatchSink, sink::Null};
/// use futures_util::SinkExt;
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let mut sink = BatchSink::new(Null, NonZeroUsize::new(100).unwrap());
/// for second in 0..250 {
///     sink.feed(Row::detached(EventTime::MIN, Offset(second), second)).await.unwrap();
/// }
/// sink.close().await.unwrap();
/// assert!(sink.take_rejected().is_empty());
/// # });
/// ```
///
/// # Errors
/// Those of the sink's `write`.
pub struct BatchSink<K, T> {
    capacity: NonZeroUsize,
    rows: Vec<Row<T>>,
    rejected: Vec<Rejected>,
    /// Present while no write is in progress.
    sink: Option<K>,
    writing: Option<Writing<K, T>>,
}

/// A write in progress. It returns the sink and the rows.
type Writing<K, T> = Pin<Box<dyn Future<Output = (K, Vec<Row<T>>, Result<Outcome>)> + Send>>;

impl<K: Sink<T>, T: Send + Sync + 'static> BatchSink<K, T> {
    /// Creates a sink that writes once this many rows are buffered.
    pub fn new(sink: K, capacity: NonZeroUsize) -> Self {
        Self {
            capacity,
            rows: Vec::new(),
            rejected: Vec::new(),
            sink: Some(sink),
            writing: None,
        }
    }

    /// Takes the rows rejected since the last call. Their `index` counts within the write that they
    /// were part of.
    pub fn take_rejected(&mut self) -> Vec<Rejected> {
        mem::take(&mut self.rejected)
    }

    /// Writes until no buffered row is left.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        loop {
            if let Some(writing) = &mut self.writing {
                let (sink, mut rows, outcome) = ready!(writing.as_mut().poll(cx));
                self.writing = None;
                self.sink = Some(sink);
                match outcome {
                    Ok(outcome) => self.rejected.extend(outcome.rejected),
                    Err(error) => {
                        rows.append(&mut self.rows);
                        self.rows = rows;
                        return Poll::Ready(Err(error));
                    }
                }
            }
            if self.rows.is_empty() {
                return Poll::Ready(Ok(()));
            }
            let rows = mem::take(&mut self.rows);
            self.writing = self.sink.take().map(|sink| write(sink, rows));
        }
    }
}

fn write<K: Sink<T>, T: Send + Sync + 'static>(mut sink: K, rows: Vec<Row<T>>) -> Writing<K, T> {
    Box::pin(async move {
        let outcome = sink.write(&rows).await;
        (sink, rows, outcome)
    })
}

impl<K: Sink<T>, T: Send + Sync + 'static> futures_sink::Sink<Row<T>> for BatchSink<K, T> {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        if self.writing.is_none() && self.rows.len() < self.capacity.get() {
            return Poll::Ready(Ok(()));
        }
        self.poll_write(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, row: Row<T>) -> Result<()> {
        self.rows.push(row);
        Ok(())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.poll_write(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.poll_flush(cx)
    }
}

impl<K, T> Unpin for BatchSink<K, T> {}

impl<K, T> fmt::Debug for BatchSink<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchSink")
            .field("capacity", &self.capacity)
            .field("waiting", &self.rows.len())
            .finish_non_exhaustive()
    }
}
