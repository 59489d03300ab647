//! Tests of streams as sources.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt, StreamExt, stream};
use tokio::task::yield_now;

use super::{List, event, pipeline};
use crate::{
    contracts::{MemoryStore, Source, source::SourceEvent},
    data::{ErrorKind, Offset},
    futures::StreamSource,
    pipeline::Ending,
    testing::conformance,
};

#[tokio::test]
async fn dropping_next_at_any_time_loses_no_item() {
    // Ready only at every third poll.
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
            Some(Ok(SourceEvent::Closed(_))) => ended = true,
            Some(other) => panic!("{other:?}"),
        }
    }
    let wanted: Vec<_> = (0..10).map(|item| (Offset(item), item)).collect();
    assert_eq!(seen, wanted);
    assert!(source.next().now_or_never().is_none(), "it closes once");
}

#[tokio::test]
async fn a_stream_resumes_where_the_last_run_stopped() {
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
    // The clock of the vehicle is 5 s behind. The rows that wait for it are part of the state.
    let seen = list.0.lock().unwrap().clone();
    assert_eq!(seen, (0..44).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_stream_that_is_over_goes_on_in_the_next_run_and_ends_only_if_it_is_said_to() {
    let (store, list) = (MemoryStore::default(), List::default());
    let run = async |part: std::ops::Range<u64>, ends: bool| {
        let mut source = StreamSource::new("live", stream::iter(part.map(event)));
        if ends {
            source = source.ending();
        }
        pipeline(source, &store, list.clone()).run().await
    };
    let first = run(0..30, false).await.unwrap();
    assert_eq!((first.ending, first.held_rows), (Ending::Closed, 6));
    let second = run(30..50, true).await.unwrap();
    assert_eq!((second.ending, second.held_rows), (Ending::Complete, 0));
    let seen = list.0.lock().unwrap().clone();
    assert_eq!(seen, (0..50).collect::<Vec<_>>(), "each once");
    let third = run(50..60, false).await.unwrap_err();
    assert_eq!(third.kind(), ErrorKind::Grown);
}

#[tokio::test]
async fn items_before_the_offset_of_the_last_commit_are_skipped() {
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

#[tokio::test(start_paused = true)]
async fn a_stream_is_a_source_whether_its_items_are_ready_or_not() {
    let records = |batch: &Vec<(Offset, u64)>| {
        let record = |(at, item): &(Offset, u64)| (*at, item.to_be_bytes().to_vec());
        batch.iter().map(record).collect()
    };
    // More items than one batch holds.
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
