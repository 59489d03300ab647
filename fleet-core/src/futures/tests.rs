//! Nothing is lost and the source is held back, whichever future is dropped and whoever is slow.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use futures_core::Stream;
use futures_util::{FutureExt, SinkExt, StreamExt, sink, stream};
use tokio::{sync::mpsc, task::yield_now};

use super::{BatchSink, FuturesSink, RowStream, StreamSource, rows};
use crate::{
    contracts::{
        MemoryStore, Source,
        decode::Typed,
        sink::{Outcome, Rejected, Sink},
        source::SourceEvent,
    },
    data::{Error, ErrorKind, EventTime, Offset, Result, VehicleId},
    engine::{graph::Graph, order::Order},
    event::Telemetry,
    pipeline::{AtLeastOnce, EpochLimits, Pipeline},
    rows::Row,
    testing::{
        Recording,
        conformance::{self, Rows},
    },
};

fn event(second: u64) -> Telemetry {
    let at = EventTime::from_micros(second.cast_signed() * 1_000_000);
    Telemetry::new(VehicleId::new("car-1").unwrap(), at)
}

fn row(number: u64) -> Row<u64> {
    Row::detached(EventTime::MIN, Offset(number), number)
}

/// Telemetry straight to a sink, an epoch for each batch.
fn pipeline<S, T>(
    source: StreamSource<S, T>,
    store: &MemoryStore,
    sink: impl Sink<Telemetry>,
) -> Pipeline<StreamSource<S, T>, Typed<T>, MemoryStore, AtLeastOnce>
where
    S: Stream + Send + 'static,
    T: crate::event::Event,
    Typed<T>: crate::contracts::Decode<Vec<(Offset, T)>, Event = Telemetry>,
{
    let (graph, telemetry) = Graph::new();
    let order = Order::default();
    let limits = EpochLimits {
        rows: 1,
        ..EpochLimits::default()
    };
    Pipeline::at_least_once(source, Typed::default(), order, graph, store.clone())
        .publish("out", telemetry, sink)
        .epochs(limits)
}

/// Takes rows into a list.
#[derive(Clone, Default)]
struct List(Arc<Mutex<Vec<u64>>>);

#[async_trait]
impl Sink<Telemetry> for List {
    async fn write(&mut self, rows: &[Row<Telemetry>]) -> Result<Outcome> {
        let offsets = rows.iter().map(|row| row.offset.0);
        self.0.lock().unwrap().extend(offsets);
        Ok(Outcome::default())
    }
}

#[tokio::test]
async fn dropping_next_at_any_time_loses_no_item() {
    // Not ready two polls out of three.
    let mut polls = 0;
    let mut items = 0..10;
    let stream = stream::poll_fn(move |cx| {
        polls += 1;
        if polls % 3 == 0 {
            return std::task::Poll::Ready(items.next());
        }
        cx.waker().wake_by_ref();
        std::task::Poll::Pending
    });
    let mut source = StreamSource::new("live", stream);
    let (mut seen, mut ended) = (Vec::new(), false);
    while !ended {
        match source.next().now_or_never() {
            None | Some(Ok(SourceEvent::Idle)) => {}
            Some(Ok(SourceEvent::Assigned(mine))) => source.start(&mine[0], None).await.unwrap(),
            Some(Ok(SourceEvent::Batch(batch))) => seen.extend(batch.payload),
            Some(Ok(SourceEvent::End(_))) => ended = true,
            Some(other) => panic!("{other:?}"),
        }
    }
    let wanted: Vec<_> = (0..10).map(|item| (Offset(item), item)).collect();
    assert_eq!(seen, wanted);
    assert!(source.next().now_or_never().is_none(), "it ends once");
}

#[tokio::test]
async fn a_stream_goes_on_where_the_last_run_stopped() {
    let (store, list) = (MemoryStore::default(), List::default());
    for part in [0..30, 30..50] {
        let live = stream::iter(part.map(event)).chain(stream::pending());
        let list = list.clone();
        let expected = if list.0.lock().unwrap().is_empty() {
            24
        } else {
            44
        };
        let seen = list.clone();
        let enough = async move {
            while seen.0.lock().unwrap().len() < expected {
                yield_now().await;
            }
        };
        let run = pipeline(StreamSource::new("live", live), &store, list);
        run.run_until(enough).await.unwrap();
    }
    // The clock of the vehicle is 5 s behind: what waits for it is part of the state.
    let seen = list.0.lock().unwrap().clone();
    assert_eq!(seen, (0..44).collect::<Vec<_>>());
}

#[tokio::test]
async fn items_before_the_place_of_the_last_commit_are_left_out() {
    let (store, list) = (MemoryStore::default(), List::default());
    let all = |to| (0..to).map(|number| (Offset(number * 10), event(number)));
    let acknowledged = Arc::new(AtomicU64::new(0));
    for to in [3000, 5000] {
        let heard = Arc::clone(&acknowledged);
        let live = stream::iter(all(to)).chain(stream::pending());
        let source = StreamSource::with_offsets("log", live)
            .on_committed(move |upto| heard.store(upto.0, Ordering::Relaxed));
        let heard = Arc::clone(&acknowledged);
        let enough = async move {
            while heard.load(Ordering::Relaxed) <= (to - 1) * 10 {
                yield_now().await;
            }
        };
        let run = pipeline(source, &store, list.clone());
        let report = run.run_until(enough).await.unwrap();
        assert_eq!((report.counts.accepted, report.counts.duplicate), (to, 0));
    }
}

#[tokio::test]
async fn a_slow_reader_holds_the_source_back() {
    let given = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&given);
    let all = stream::iter(0..200_000)
        .map(event)
        .inspect(move |_| _ = counter.fetch_add(1, Ordering::Relaxed));
    let (sink, mut stream) = rows(4);
    let store = MemoryStore::default();
    let run = tokio::spawn(pipeline(StreamSource::new("live", all), &store, sink).run());
    for _ in 0..1000 {
        yield_now().await;
    }
    let waiting = given.load(Ordering::Relaxed);
    // A few batches: what is committed, what is computed meanwhile, what was gathered.
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
async fn a_write_is_done_only_when_the_reader_is_done_with_its_last_row() {
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
async fn rows_of_a_write_that_was_dropped_come_again() {
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
async fn a_reader_that_goes_away_stops_the_pipeline() {
    let (sink, stream) = rows(1);
    let store = MemoryStore::default();
    let all = stream::iter(0..100).map(event);
    let run = pipeline(StreamSource::new("live", all), &store, sink).run();
    let read = async |mut stream: RowStream<Telemetry>| _ = stream.next().await;
    let (outcome, ()) = tokio::join!(run, read(stream));
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Sink);
    assert!(error.to_string().contains("reader"), "{error}");
}

#[tokio::test]
async fn a_futures_sink_is_flushed_by_each_write_and_its_error_is_told() {
    let (to, mut from) = mpsc::channel(1);
    let channel = sink::unfold(to, |to: mpsc::Sender<u64>, value| async move {
        to.send(value).await.map(|()| to)
    });
    let mut sink = FuturesSink::new(channel, |row: &Row<u64>| row.value * 2);
    let three = [row(1), row(2), row(3)];
    // Dropped while the channel is full: what was sent comes again.
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

/// Fails every other write; refuses 7.
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
    // The seventh waits for a write, which fails; the rows stay.
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
async fn a_stream_is_a_source_whether_its_items_are_ready_or_not() {
    let records = |batch: &Vec<(Offset, u64)>| {
        let record = |(at, item): &(Offset, u64)| (*at, item.to_be_bytes().to_vec());
        batch.iter().map(record).collect()
    };
    // More than one batch takes.
    let items = || stream::iter(0..3_000);
    conformance::source(|| StreamSource::new("live", items()), records).await;
    let slow = || {
        let slow = items().take(40).then(async |item| {
            if item % 7 == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            item
        });
        StreamSource::new("live", slow)
    };
    conformance::source(slow, records).await;
    let placed = || items().take(40).map(|item| (Offset(item * 10), item));
    conformance::source(|| StreamSource::with_offsets("log", placed()), records).await;
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
