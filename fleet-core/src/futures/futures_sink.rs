//! Adapter from a `futures::Sink` to a [`Sink`].

use std::{error::Error as StdError, fmt, future::poll_fn, pin::Pin};

use async_trait::async_trait;

use crate::{
    contracts::sink::{Outcome, Sink},
    data::{Error, ErrorKind, Result},
    rows::Row,
};

/// A [`Sink`] that sends its rows to a `futures::Sink`.
///
/// # Guarantees
/// At least once. Rows count as written once the inner sink has been flushed; how durable they are
/// then depends on that sink. A write dropped halfway has sent some of its rows, which are sent
/// again. The inner sink is never closed, only dropped.
///
/// # Examples
/// ```
/// use fleet_core::{EventTime, Offset, Row, futures::FuturesSink, sink::Sink};
/// use futures_util::sink;
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let (to, mut from) = tokio::sync::mpsc::channel(8);
/// let channel = sink::unfold(to, |to, text: String| async move {
///     to.send(text).await.map(|()| to)
/// });
///
/// let mut sink = FuturesSink::new(channel, |row: &Row<f64>| format!("{} km/h", row.value));
/// sink.write(&[Row::detached(EventTime::MIN, Offset(0), 92.5)]).await.unwrap();
/// assert_eq!(from.recv().await.unwrap(), "92.5 km/h");
/// # });
/// ```
///
/// # Errors
/// Those of the inner sink, with kind `Sink`. None is retryable, because most such sinks are
/// unusable after an error.
pub struct FuturesSink<K, F> {
    sink: Pin<Box<K>>,
    item: F,
}

impl<K, F> FuturesSink<K, F> {
    /// Creates a sink that sends the value that `item` makes from each row.
    pub fn new(sink: K, item: F) -> Self {
        Self {
            sink: Box::pin(sink),
            item,
        }
    }
}

#[async_trait]
impl<T, I, K, F> Sink<T> for FuturesSink<K, F>
where
    T: Sync + 'static,
    I: Send,
    K: futures_sink::Sink<I> + Send + 'static,
    K::Error: Into<Box<dyn StdError + Send + Sync>>,
    F: Fn(&Row<T>) -> I + Send + 'static,
{
    async fn write(&mut self, rows: &[Row<T>]) -> Result<Outcome> {
        let Self { sink, item } = self;
        for row in rows {
            let ready = poll_fn(|cx| sink.as_mut().poll_ready(cx)).await;
            ready.map_err(|error| failed("take a row", error))?;
            let sent = sink.as_mut().start_send(item(row));
            sent.map_err(|error| failed("take a row", error))?;
        }
        let flushed = poll_fn(|cx| sink.as_mut().poll_flush(cx)).await;
        flushed.map_err(|error| failed("flush its rows", error))?;
        Ok(Outcome::default())
    }
}

fn failed(what: &str, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
    let cause = cause.into();
    Error::new(ErrorKind::Sink, format!("the sink cannot {what}: {cause}")).because(cause)
}

impl<K, F> fmt::Debug for FuturesSink<K, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FuturesSink").finish_non_exhaustive()
    }
}
