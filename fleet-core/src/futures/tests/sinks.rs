//! Tests of rows as a stream, and of sinks in both directions.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use futures_util::{FutureExt, SinkExt, StreamExt, sink, stream};
use tokio::{sync::mpsc, task::yield_now};

use super::{event, pipeline, row};
use crate::{
    contracts::{
        MemoryStore,
        sink::{Outcome, Rejected, Sink},
    },
    data::{Error, ErrorKind, Offset, Result},
    event::Telemetry,
    futures::{BatchSink, FuturesSink, RowStream, StreamSource, rows},
    rows::Row,
    testing::{
        Recording,
        conformance::{self, Rows},
    },
};

#[tokio::test]
async fn a_slow_reader_holds_the_source_back() {
    let given = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&given);
    let all = stream::iter(0..200_000)
        .map(event)
        .inspect(move |_| _ = counter.fetch_add(1, Ordering::Relaxed));
    let (sink, mut stream) = rows(4);
    let store = MemoryStore::default();
    let run = tokio::spawn(pipeline(StreamSource::new("live", all).ending(), &store, sink).run());
    while given.load(Ordering::Relaxed) == 0 {
        yield_now().await;
    }
    for _ in 0..1000 {
        yield_now().await;
    }
    let waiting = given.load(Ordering::Relaxed);
    // A few batches: one being committed, one being computed, one being collected.
    assert!((1..20_000).contains(&waiting), "{waiting}");
    let mut count = 0;
    while let Some(row) = stream.next().await {
        assert_eq!(row.offset, Offset(count));
        count += 1;
    }
    assert_eq!(count, 200_000);
    assert!(run.await.unwrap().unwrap().balances());
}

#[tokio::test]
async fn a_write_ends_only_when_the_reader_has_processed_its_last_row() {
    let (mut sink, mut stream) = rows(2);
    let three = [row(1), row(2), row(3)];
    let mut write = Box::pin(sink.write(&three));
    for expected in 1..=3 {
        assert!((&mut write).now_or_never().is_none());
        assert_eq!(stream.next().await.unwrap().value, expected);
    }
    assert!(
        (&mut write).now_or_never().is_none(),
        "the reader has it in hand"
    );
    assert!(stream.next().now_or_never().is_none());
    write.await.unwrap();
}

#[tokio::test]
async fn rows_of_a_dropped_write_are_sent_again() {
    let (mut sink, stream) = rows(8);
    let two = [row(1), row(2)];
    assert!(sink.write(&two).now_or_never().is_none());
    let read = stream.map(|row| row.value).collect::<Vec<_>>();
    let again = async move { sink.write(&two).await };
    let (written, read) = tokio::join!(again, read);
    written.unwrap();
    assert_eq!(read, [1, 2, 1, 2]);
}

#[tokio::test]
async fn a_dropped_reader_stops_the_pipeline() {
    let (sink, stream) = rows(1);
    let store = MemoryStore::default();
    let all = stream::iter(0..100).map(event);
    let run = pipeline(StreamSource::new("live", all).ending(), &store, sink).run();
    let read = async |mut stream: RowStream<Telemetry>| _ = stream.next().await;
    let (outcome, ()) = tokio::join!(run, read(stream));
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Sink);
    assert!(error.to_string().contains("reader"), "{error}");
}

#[tokio::test]
async fn a_futures_sink_is_flushed_by_each_write_and_its_error_is_returned() {
    let (to, mut from) = mpsc::channel(1);
    let channel = sink::unfold(to, |to: mpsc::Sender<u64>, value| async move {
        to.send(value).await.map(|()| to)
    });
    let mut sink = FuturesSink::new(channel, |row: &Row<u64>| row.value * 2);
    let three = [row(1), row(2), row(3)];
    // The write is dropped while the channel is full, so what was sent is sent again.
    assert!(sink.write(&three).now_or_never().is_none());
    let read = async {
        let mut seen = Vec::new();
        while seen.last() != Some(&6) {
            seen.push(from.recv().await.unwrap());
        }
        seen
    };
    let (written, seen) = tokio::join!(sink.write(&three), read);
    written.unwrap();
    assert!(seen.ends_with(&[2, 4, 6]), "{seen:?}");
    drop(from);
    let error = sink.write(&three).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (ErrorKind::Sink, false)
    );
    assert!(error.to_string().contains("closed"), "{error}");
}

/// Fails every other write and rejects 7.
#[derive(Clone, Default)]
struct Moody {
    calls: u64,
    taken: Arc<Mutex<Vec<Vec<u64>>>>,
}

#[async_trait]
impl Sink<u64> for Moody {
    async fn write(&mut self, rows: &[Row<u64>]) -> Result<Outcome> {
        yield_now().await;
        self.calls += 1;
        if self.calls.is_multiple_of(2) {
            return Err(Error::new(ErrorKind::Sink, "busy").retryable());
        }
        let values = rows.iter().map(|row| row.value).collect();
        self.taken.lock().unwrap().push(values);
        let rejected = rows.iter().enumerate().filter(|(_, row)| row.value == 7);
        let rejected = rejected.map(|(index, _)| Rejected {
            index,
            reason: "seven".into(),
            raw: Vec::new(),
        });
        Ok(Outcome {
            rejected: rejected.collect(),
        })
    }
}

#[tokio::test]
async fn a_sink_used_as_futures_sink_gathers_rows_and_keeps_them_over_errors_and_dropped_flushes() {
    let moody = Moody::default();
    let taken = Arc::clone(&moody.taken);
    let mut sink = BatchSink::new(moody, NonZeroUsize::new(3).unwrap());
    for number in 1..=6 {
        sink.feed(row(number)).await.unwrap();
    }
    assert_eq!(*taken.lock().unwrap(), [[1, 2, 3]]);
    // The seventh row waits for a write, which fails. The rows stay buffered.
    assert!(sink.feed(row(7)).await.unwrap_err().is_retryable());
    assert!(sink.flush().now_or_never().is_none(), "dropped halfway");
    sink.feed(row(7)).await.unwrap();
    assert_eq!(*taken.lock().unwrap(), [[1, 2, 3], [4, 5, 6]]);
    let mut errors = 0;
    while sink.flush().await.is_err() {
        errors += 1;
    }
    assert_eq!(errors, 1);
    assert_eq!(
        *taken.lock().unwrap(),
        [vec![1, 2, 3], vec![4, 5, 6], vec![7]]
    );
    let rejected = sink.take_rejected();
    assert_eq!((rejected.len(), rejected[0].index), (1, 0));
    assert!(sink.take_rejected().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_futures_sink_keeps_the_promises_of_sinks_also_around_a_sink_used_as_one() {
    let taken = Arc::new(Mutex::new(Vec::new()));
    let seen = Recording::default();
    let channel = || {
        let to = Arc::clone(&taken);
        let channel = sink::unfold(to, async |to, value: u64| {
            tokio::time::sleep(Duration::from_millis(1)).await;
            to.lock().unwrap().push(value);
            Ok::<_, Error>(to)
        });
        FuturesSink::new(channel, |row: &Row<u64>| row.value)
    };
    let rows = Rows {
        good: &row,
        bad: None,
        stored: &|| Some(taken.lock().unwrap().len() as u64),
    };
    conformance::sink(channel, &rows).await;

    let there_and_back = || {
        let gathering = BatchSink::new(seen.clone(), NonZeroUsize::new(2).unwrap());
        FuturesSink::new(gathering, Row::clone)
    };
    let rows = Rows {
        stored: &|| Some(seen.rows().len() as u64),
        ..rows
    };
    conformance::sink(there_and_back, &rows).await;
}
