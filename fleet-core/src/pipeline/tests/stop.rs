//! A stop takes effect wherever a run waits, and ends it within the time limit.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use tokio::time::{Instant, sleep};

use super::model::{Reading, Records, graph};
use crate::{
    contracts::{
        MemoryStore, Source,
        checkpoint::{CheckpointStore, Claim, Committed, Progress, Sealed},
        decode::Typed,
        memory::MemoryTx,
        sink::{Outcome, Sink, TransactionalSink},
        source::{SingleReader, SourceEvent},
    },
    data::{Error, ErrorKind, Offset, Partition, Position, Result},
    engine::order::Order,
    pipeline::{Ending, Pipeline, Retry},
    rows::Row,
    testing::{Script, Scripted},
};

/// Retries practically forever.
const PATIENT: Retry = Retry {
    times: usize::MAX,
    first: Duration::from_millis(50),
    longest: Duration::from_secs(5),
};

/// A sink that is busy for some time.
struct Busy {
    until: Instant,
    tries: Arc<AtomicUsize>,
}

impl Busy {
    fn write(&self) -> Result<Outcome> {
        self.tries.fetch_add(1, Ordering::Relaxed);
        if Instant::now() < self.until {
            return Err(Error::new(ErrorKind::Sink, "too many connections").retryable());
        }
        Ok(Outcome::default())
    }
}

#[async_trait]
impl Sink<Reading> for Busy {
    async fn write(&mut self, _: &[Row<Reading>]) -> Result<Outcome> {
        Self::write(self)
    }
}

#[async_trait]
impl TransactionalSink<Reading, MemoryStore> for Busy {
    async fn write(&mut self, _: &mut MemoryTx, _: &[Row<Reading>]) -> Result<Outcome> {
        Self::write(self)
    }
}

fn rows() -> Arc<Vec<Reading>> {
    let row = |second| Reading {
        car: 0,
        second,
        kmh: 60,
        id: 0,
    };
    Arc::new((0..50).map(row).collect())
}

/// A source that returns 50 rows and is then idle.
fn source() -> Scripted<Reading> {
    let script = [vec![Script::Rows(50)], vec![Script::Idle; 1_000_000]].concat();
    Scripted::new("memory/0", rows(), script)
}

/// Runs into a sink that is busy for this long, and stops after a minute. Returns the outcome and
/// how long the stop took.
async fn stopped(store: &MemoryStore, busy: Duration) -> (Result<Ending>, Duration) {
    let (graph, streams) = graph();
    let until = Instant::now() + busy;
    let tries = Arc::default();
    let order = Order {
        out_of_orderness: Duration::ZERO,
        ..Order::default()
    };
    let stop = Instant::now() + Duration::from_secs(60);
    let pipeline = Pipeline::at_least_once(
        Waiting(source()),
        Typed::default(),
        order,
        graph,
        store.clone(),
    )
    .publish("busy", streams.readings, Busy { until, tries })
    .retry(PATIENT)
    .stop_within(Duration::from_secs(8));
    let report = pipeline.run_until(sleep(Duration::from_secs(60))).await;
    (report.map(|report| report.ending), stop.elapsed())
}

/// A source that waits when its script ends, so that simulated time advances.
struct Waiting(Scripted<Reading>);

impl SingleReader for Waiting {}

#[async_trait]
impl Source for Waiting {
    type Payload = Records;
    async fn next(&mut self) -> Result<SourceEvent<Self::Payload>> {
        match self.0.next().await {
            Ok(SourceEvent::Idle) => std::future::pending().await,
            other => other,
        }
    }
    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        self.0.start(partition, at).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_while_a_sink_is_retried_ends_in_time_and_names_the_sink() {
    let store = MemoryStore::default();
    let (ended, took) = stopped(&store, Duration::from_secs(3600)).await;
    let error = ended.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    for part in [
        "sink `busy`",
        "too many connections",
        "nothing is lost",
        "8 s",
    ] {
        assert!(error.to_string().contains(part), "{error}");
    }
    assert_eq!(took.as_secs(), 8);
    // Nothing is lost: the next run recomputes it.
    let (ended, _) = stopped(&store, Duration::ZERO).await;
    assert_eq!(ended.unwrap(), Ending::Stopped);
    let (graph, streams) = graph();
    let order = Order {
        out_of_orderness: Duration::ZERO,
        ..Order::default()
    };
    let source = Scripted::new("memory/0", rows(), []);
    let busy = Busy {
        until: Instant::now(),
        tries: Arc::default(),
    };
    let last = Pipeline::at_least_once(source, Typed::default(), order, graph, store)
        .publish("busy", streams.readings, busy)
        .run();
    let report = last.await.unwrap();
    assert_eq!(
        (report.counts.accepted, report.tally("sink.busy", "written")),
        (50, 50)
    );
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_heals_in_time_lets_a_stop_commit() {
    let (ended, took) = stopped(&MemoryStore::default(), Duration::from_secs(62)).await;
    assert_eq!(ended.unwrap(), Ending::Stopped);
    assert!(took < Duration::from_secs(8));
}

/// A store that is never available.
struct Away;

impl SingleReader for Away {}

#[async_trait]
impl Source for Away {
    type Payload = Vec<(Offset, Reading)>;
    async fn next(&mut self) -> Result<SourceEvent<Self::Payload>> {
        Err(Error::new(ErrorKind::Source, "no route to host").retryable())
    }
    async fn start(&mut self, _: &Partition, _: Option<&Position>) -> Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_is_heard_while_the_source_is_retried() {
    let (graph, _) = graph();
    let hour = Duration::from_secs(3600);
    let patient = Retry {
        times: usize::MAX,
        first: hour,
        longest: hour,
    };
    let (order, store) = (Order::default(), MemoryStore::default());
    let pipeline = Pipeline::at_least_once(Away, Typed::<Reading>::default(), order, graph, store);
    let began = Instant::now();
    let run = pipeline
        .retry(patient)
        .run_until(sleep(Duration::from_secs(60)));
    assert_eq!(run.await.unwrap().ending, Ending::Stopped);
    assert_eq!(began.elapsed().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_fails_in_every_transaction_uses_up_its_tries() {
    let ((graph, streams), store) = (graph(), MemoryStore::default());
    let tries = Arc::new(AtomicUsize::new(0));
    let until = Instant::now() + Duration::from_secs(1_000_000);
    let busy = Busy {
        until,
        tries: Arc::clone(&tries),
    };
    let source = Scripted::new("memory/0", rows(), []);
    let error = Pipeline::exactly_once(source, Typed::default(), Order::default(), graph, store)
        .store("busy", streams.readings, busy)
        .retry(Retry {
            times: 4,
            ..Retry::default()
        })
        .run()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Sink);
    assert_eq!(tries.load(Ordering::Relaxed), 5);
}

/// A store that never answers.
#[derive(Clone)]
struct Silent;

#[async_trait]
impl CheckpointStore for Silent {
    type Tx = ();
    async fn claim(&mut self, _: &Partition) -> Result<Claim> {
        Err(Error::new(ErrorKind::Store, "no answer").retryable())
    }
    async fn begin(&mut self) -> Result<()> {
        Ok(())
    }
    async fn commit(&mut self, (): (), _: &[Sealed]) -> Result<Committed> {
        Ok(Committed::Done)
    }
    async fn progress(&mut self, _: &Partition) -> Result<Option<Progress>> {
        Ok(None)
    }
    async fn partitions(&mut self) -> Result<BTreeMap<Partition, Progress>> {
        Ok(BTreeMap::new())
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_is_heard_while_a_partition_is_claimed() {
    let (graph, _) = graph();
    let source = Scripted::new("memory/0", rows(), []);
    let order = Order::default();
    let began = Instant::now();
    let run = Pipeline::at_least_once(source, Typed::<Reading>::default(), order, graph, Silent)
        .retry(PATIENT)
        .run_until(sleep(Duration::from_secs(60)));
    // Nothing was computed for it, so there is nothing to wait for.
    assert_eq!(run.await.unwrap().ending, Ending::Stopped);
    assert_eq!(began.elapsed().as_secs(), 60);
}
