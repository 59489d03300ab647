//! What is left of a partition that moves, stops, or cannot be started.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use tokio::time::{Instant, sleep, timeout};

use super::{
    hand::{EPOCH, a_while, led, partition, until},
    model::{Reading, graph},
};
use crate::{
    contracts::{
        MemoryStore, Source,
        decode::Typed,
        sink::Null,
        source::{Batch, OnePartition, Replayable, SingleReader, SourceEvent},
    },
    data::{Error, ErrorKind, Offset, Partition, Position, Result},
    engine::{graph::Graph, order::Order},
    pipeline::{Health, Pipeline, Retry},
    testing::{Fault, Faults, FaultyStore, Operation},
};

type Said = SourceEvent<Vec<(Offset, Reading)>>;

/// Far apart, so that a test sees who waits.
const SLOW: Retry = Retry {
    times: 10,
    first: Duration::from_secs(60),
    longest: Duration::from_secs(600),
};

#[tokio::test(start_paused = true)]
async fn a_graceful_stop_commits_the_batch_that_is_held_back() {
    let ((pipeline, mut hand), p) = (led(), partition());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let run = tokio::spawn(pipeline.run_until(async { _ = stopped.await }));
    hand.say(SourceEvent::Assigned(vec![p.clone()])).await;
    // One is being committed, one waits, and one more comes although it is paused.
    for _ in 0..3 {
        hand.say_batch(&p).await;
    }
    a_while().await;
    stop.send(()).unwrap();
    hand.permits.add_permits(100);
    let report = run.await.unwrap().unwrap();
    assert_eq!(report.counts.read, 3 * EPOCH as u64);
}

#[tokio::test(start_paused = true)]
async fn a_pause_does_not_outlive_a_hand_over() {
    let ((pipeline, mut hand), p) = (led(), partition());
    let run = tokio::spawn(pipeline.run());
    hand.say(SourceEvent::Assigned(vec![p.clone()])).await;
    hand.say_batch(&p).await;
    hand.seen(1).await;
    hand.say_batch(&p).await;
    until(|| hand.told.have("pause p")).await;
    hand.say(SourceEvent::Lost(vec![p.clone()])).await;
    hand.say(SourceEvent::Assigned(vec![p.clone()])).await;
    hand.permits.add_permits(100);
    timeout(Duration::from_secs(60), async {
        while !hand.told.ends_with("resume p") {
            sleep(Duration::from_secs(1)).await;
        }
    })
    .await
    .expect("it stays paused");
    run.abort();
}

#[tokio::test(start_paused = true)]
async fn an_error_does_not_wait_for_a_commit_that_never_ends() {
    let ((pipeline, mut hand), p, q) = (led(), partition(), Partition::new("q"));
    let run = tokio::spawn(pipeline.stop_within(Duration::from_secs(10)).run());
    let both = vec![p.clone(), q.clone()];
    hand.say(SourceEvent::Assigned(both)).await;
    hand.say_batch(&q).await;
    hand.seen(1).await;
    hand.say(SourceEvent::End(p.clone())).await;
    let grown = vec![(Offset(0), Reading::default())];
    hand.say(SourceEvent::Batch(Batch::new(p, Offset(1), grown)))
        .await;
    let ended = timeout(Duration::from_secs(60), run).await;
    let error = ended.expect("it is not told").unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Grown);
}

/// Says each of these after the time before it, and starts `p` on no account.
struct Fickle {
    says: Vec<(Duration, Said)>,
    refuses: bool,
    began: Instant,
    started: Arc<Mutex<Vec<(String, Duration)>>>,
}

impl Replayable for Fickle {}

#[async_trait]
impl Source for Fickle {
    type Payload = Vec<(Offset, Reading)>;

    async fn next(&mut self) -> Result<Said> {
        let Some((at, _)) = self.says.first() else {
            return std::future::pending().await;
        };
        tokio::time::sleep_until(self.began + *at).await;
        Ok(self.says.remove(0).1)
    }

    async fn start(&mut self, partition: &Partition, _: Option<&Position>) -> Result<()> {
        let at = self.began.elapsed();
        self.started
            .lock()
            .unwrap()
            .push((partition.to_string(), at));
        if self.refuses && partition.as_str() == "p" {
            return Err(Error::new(ErrorKind::Source, "busy").retryable());
        }
        Ok(())
    }
}

/// Runs for an hour over a source that says this, and a store with these faults. Returns the last
/// health, and what was started when.
async fn an_hour(
    says: impl IntoIterator<Item = (u64, Said)>,
    refuses: bool,
    faults: &Faults,
) -> (Vec<Health>, Vec<(String, Duration)>) {
    let started = Arc::default();
    let says = says.into_iter();
    let source = Fickle {
        says: says
            .map(|(at, said)| (Duration::from_secs(at), said))
            .collect(),
        refuses,
        began: Instant::now(),
        started: Arc::clone(&started),
    };
    let (graph, _) = graph();
    let store = FaultyStore::new(MemoryStore::default(), faults);
    let pipeline = Pipeline::exactly_once(source, Typed::default(), Order::default(), graph, store)
        .retry(SLOW);
    let health = pipeline.watch();
    let run = tokio::spawn(async { drop(pipeline.run().await) });
    sleep(Duration::from_secs(5)).await;
    let soon = health.borrow().clone();
    sleep(Duration::from_secs(3600)).await;
    let late = health.borrow().clone();
    run.abort();
    let started = started.lock().unwrap().clone();
    (vec![soon, late], started)
}

fn assigned(name: &str) -> Said {
    SourceEvent::Assigned(vec![Partition::new(name)])
}

#[tokio::test(start_paused = true)]
async fn a_start_that_fails_holds_up_no_other() {
    let says = [(0, assigned("p")), (1, assigned("q"))];
    let (_, started) = an_hour(says, true, &Faults::none()).await;
    let q = started.iter().find(|(name, _)| name == "q").unwrap();
    assert_eq!(q.1, Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn the_trouble_of_a_claim_ends_when_it_is_given_up_and_not_with_another_claim() {
    let second = [(Operation::Claim, 2, Fault::Refused)];
    let lost = SourceEvent::Lost(vec![Partition::new("p")]);
    let says = [(0, assigned("q")), (1, assigned("p")), (10, lost)];
    let (health, _) = an_hour(says, false, &Faults::at(second)).await;
    assert_eq!((health[0].is_well(), health[1].is_well()), (false, true));
    assert!(health[1].is_ready());

    let first = [(Operation::Claim, 1, Fault::Refused)];
    let says = [(0, assigned("p")), (1, assigned("q"))];
    let (health, _) = an_hour(says, false, &Faults::at(first)).await;
    assert_eq!((health[0].is_well(), health[1].is_well()), (false, true));
}

/// Returns rows without a pause, of one car once and then of another.
struct Busy {
    one: OnePartition,
    left: u64,
}

impl SingleReader for Busy {}

#[async_trait]
impl Source for Busy {
    type Payload = Vec<(Offset, Reading)>;

    async fn next(&mut self) -> Result<Said> {
        if let Some(assigned) = self.one.ready().await {
            return Ok(assigned);
        }
        if self.left == 0 {
            return Ok(self.one.close());
        }
        self.left -= 1;
        // Always ready, while time goes on.
        tokio::time::advance(Duration::from_millis(1)).await;
        let at = self.one.at();
        let reading = Reading {
            car: usize::from(at.0 > 0),
            second: at.0.cast_signed(),
            kmh: 60,
            ..Reading::default()
        };
        Ok(self.one.batch(Offset(at.0 + 1), vec![(at, reading)]))
    }

    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        self.one.start(partition, at)
    }
}

#[tokio::test(start_paused = true)]
async fn a_busy_source_does_not_keep_silent_keys_waiting() {
    let (one, left) = (OnePartition::new("p"), 800);
    let (graph, readings) = Graph::new();
    let order = Order::within(Duration::from_millis(50));
    let (source, store) = (Busy { one, left }, MemoryStore::default());
    let report = Pipeline::at_least_once(source, Typed::default(), order, graph, store)
        .publish("out", readings, Null)
        .release_after(Duration::from_millis(80))
        .run()
        .await
        .unwrap();
    assert_ne!(report.oldest_held, Some(super::model::time(0)));
}

#[tokio::test(start_paused = true)]
async fn no_silent_key_is_released_while_its_source_is_paused() {
    let ((mut pipeline, mut hand), p) = (led(), partition());
    pipeline.plan.order = Order::within(Duration::from_secs(5));
    let run = tokio::spawn(pipeline.run());
    hand.say(SourceEvent::Assigned(vec![p.clone()])).await;
    hand.say_batch(&p).await;
    hand.say_batch(&p).await;
    until(|| hand.told.have("pause p")).await;
    // The sink is blocked for an hour, and what the vehicle sent meanwhile waits in the source.
    sleep(Duration::from_secs(3600)).await;
    hand.permits.add_permits(100);
    let older = Reading {
        second: 2 * EPOCH as i64 - 3,
        kmh: 61,
        ..Reading::default()
    };
    let at = Offset(2 * EPOCH as u64);
    let batch = Batch::new(p.clone(), Offset(at.0 + 1), vec![(at, older)]);
    hand.say(SourceEvent::Batch(batch)).await;
    hand.say(SourceEvent::Closed(p)).await;
    let report = run.await.unwrap().unwrap();
    assert_eq!(
        (report.counts.late, report.counts.accepted),
        (0, 2 * EPOCH as u64 + 1)
    );
}
