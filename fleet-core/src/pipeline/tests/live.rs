//! Live sources: rows of silent vehicles come out, and what has ended is refused before it loses
//! anything. Queues: what they do not take is refused before the first record.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::{
    hand::{Hand, led, partition, until},
    model::{BOUND, Reading, graph, time},
};
use crate::{
    contracts::{
        MemoryStore,
        checkpoint::CheckpointStore,
        decode::Typed,
        sink::Null,
        source::{Queue, SourceEvent},
    },
    data::{ErrorKind, Partition},
    engine::{graph::Graph, order::Order},
    pipeline::{Ending, EpochLimits, Health, Pipeline, Ticks, observe::Phase},
    testing::{Script, Scripted},
};

/// The longest time that the last row of a silent vehicle may take: the idle time and an epoch.
const SOON: Duration = Duration::from_millis(10_000 + 500);

/// Returns a pipeline over a live source with the default order, in which rows wait.
fn waiting() -> (
    tokio::task::JoinHandle<()>,
    Hand,
    tokio::sync::watch::Receiver<Health>,
) {
    let (pipeline, hand) = led();
    let mut pipeline = pipeline.epochs(EpochLimits::default());
    pipeline.plan.order = Order::within(Duration::from_secs(BOUND.unsigned_abs()));
    let health = pipeline.watch();
    hand.permits.add_permits(1_000);
    let run = tokio::spawn(async { drop(pipeline.run().await.unwrap()) });
    (run, hand, health)
}

#[tokio::test(start_paused = true)]
async fn the_last_row_of_a_silent_vehicle_is_seen_as_held_and_then_comes_out() {
    let ((run, mut hand, mut health), p) = (waiting(), partition());
    hand.say(SourceEvent::Assigned(vec![p.clone()])).await;
    hand.say_rows(&p, 1).await;
    let began = Instant::now();
    let seen = |rows: usize, written: u64| {
        move |health: &Health| {
            (health.held_rows, health.tally("sink.gate", "written")) == (rows, written)
        }
    };
    let held = health.wait_for(seen(1, 0)).await.unwrap().clone();
    assert_eq!(held.oldest_held, Some(time(0)));
    let stored = timeout(SOON, health.wait_for(seen(0, 1))).await;
    let stored = stored.expect("it comes out in time").unwrap().clone();
    assert_eq!(stored.oldest_held, None);
    assert!(
        began.elapsed() > SOON / 2,
        "not before the vehicle is silent"
    );
    // While a vehicle goes on, its newest row waits: 3 s of silence are no silence.
    hand.say_rows(&p, 1).await;
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_ne!(health.borrow().held_rows, 0);
        hand.say_rows(&p, 1).await;
    }
    hand.say(SourceEvent::End(p.clone())).await;
    run.await.unwrap();
    let counts = health.borrow().counts();
    assert_eq!((counts.accepted, counts.late), (22, 0));
}

#[tokio::test(start_paused = true)]
async fn what_a_silent_vehicle_sends_afterwards_still_counts() {
    let ((run, mut hand, mut health), p) = (waiting(), partition());
    hand.say(SourceEvent::Assigned(vec![p.clone()])).await;
    hand.say_rows(&p, 2).await;
    tokio::time::sleep(Duration::from_secs(3600)).await;
    let released = health.wait_for(|health| health.tally("sink.gate", "written") == 2);
    timeout(SOON, released).await.unwrap().unwrap();
    // After an hour in a tunnel, the seconds right after those two.
    hand.say_rows(&p, 5).await;
    hand.say(SourceEvent::End(p.clone())).await;
    run.await.unwrap();
    let counts = health.borrow().counts();
    assert_eq!((counts.accepted, counts.late), (7, 0));
}

#[tokio::test(start_paused = true)]
async fn a_log_releases_nothing_unless_it_is_asked_to() {
    let rows = (0..3).map(|second| Reading {
        second,
        kmh: 60,
        ..Reading::default()
    });
    let rows: Vec<_> = rows.collect();
    let script = [Script::Rows(3), Script::Stall(Duration::from_secs(3600))];
    for (after, written) in [(None, 0), (Some(Duration::from_secs(20)), 3)] {
        let source = Scripted::new("memory", rows.clone().into(), script);
        let (graph, streams) = graph();
        let (order, store) = (Order::default(), MemoryStore::default());
        let mut pipeline = Pipeline::exactly_once(source, Typed::default(), order, graph, store)
            .store("readings", streams.readings, Null);
        if let Some(after) = after {
            pipeline = pipeline.release_after(after);
        }
        let stop = tokio::time::sleep(Duration::from_secs(1800));
        let report = pipeline.run_until(stop).await.unwrap();
        assert_eq!(report.tally("sink.readings", "written"), written);
        let left = 3 - written as usize;
        let oldest = (left > 0).then(|| time(0));
        assert_eq!((report.held_rows, report.oldest_held), (left, oldest));
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_time_below_the_bound_is_refused() {
    let (graph, _) = Graph::<Reading>::new();
    let source = Scripted::of_events("memory", []);
    let order = Order::within(Duration::from_secs(30));
    let store = MemoryStore::default();
    let pipeline = Pipeline::exactly_once(source, Typed::default(), order, graph, store)
        .release_after(Duration::from_secs(29));
    let error = pipeline.run().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("30s late"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_closed_source_goes_on_in_the_next_run_and_an_ended_one_is_refused_before_its_first_event()
 {
    let p = partition();
    let store = MemoryStore::default();
    for (run, last) in [SourceEvent::Closed(p.clone()), SourceEvent::End(p.clone())]
        .into_iter()
        .enumerate()
    {
        let (mut pipeline, mut hand) = led();
        pipeline.store = store.clone();
        hand.at = 10 * run as u64;
        hand.permits.add_permits(1_000);
        let ending = if run == 0 {
            Ending::Closed
        } else {
            Ending::Complete
        };
        let run = tokio::spawn(pipeline.run());
        hand.say(SourceEvent::Assigned(vec![p.clone()])).await;
        hand.say_batch(&p).await;
        hand.say(last).await;
        assert_eq!(run.await.unwrap().unwrap().ending, ending);
    }
    let (mut pipeline, hand) = led();
    pipeline.store = store.clone();
    let run = tokio::spawn(pipeline.run());
    hand.say(SourceEvent::Assigned(vec![p.clone()])).await;
    let error = run.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Grown);
    assert!(!hand.told.have("start p at 10"), "not one event is taken");
}

#[tokio::test(start_paused = true)]
async fn eager_epochs_wait_for_nothing_but_the_store() {
    let ((pipeline, mut hand), p) = (led(), partition());
    let run = tokio::spawn(pipeline.epochs(EpochLimits::eager()).run());
    hand.say(SourceEvent::Assigned(vec![p.clone()])).await;
    hand.permits.add_permits(1);
    let began = Instant::now();
    hand.say_rows(&p, 1).await;
    until(|| hand.told.have("committed p to 1")).await;
    // The sink is blocked: these gather for one commit.
    for _ in 0..3 {
        hand.say_rows(&p, 1).await;
    }
    until(|| hand.seen.load(std::sync::atomic::Ordering::Relaxed) == 4).await;
    hand.permits.add_permits(2);
    until(|| hand.told.have("committed p to 4")).await;
    assert!(!hand.told.have("committed p to 3"));
    assert_eq!(began.elapsed(), Duration::ZERO, "no time has passed");
    run.abort();
}

#[tokio::test(start_paused = true)]
async fn live_ready_and_well_are_three_answers() {
    let ((pipeline, hand), p) = (led(), partition());
    let mut health = pipeline.watch();
    let answers = |health: &Health| (health.is_live(), health.is_ready(), health.is_well());
    assert_eq!(answers(&health.borrow()), (true, false, true), "it starts");
    let run = tokio::spawn(pipeline.run());
    hand.say(SourceEvent::Assigned(vec![p.clone()])).await;
    health.wait_for(Health::is_ready).await.unwrap();
    hand.says
        .send(Err(crate::Error::new(ErrorKind::Source, "busy").retryable()))
        .await
        .unwrap();
    let troubled = health
        .wait_for(|health| !health.is_well())
        .await
        .unwrap()
        .clone();
    assert_eq!(answers(&troubled), (true, true, false), "it retries");
    run.abort();
    _ = run.await;
    assert_eq!(health.borrow().phase, Phase::Dropped);
    assert_eq!(answers(&health.borrow()), (false, false, false));
}

impl Queue for Scripted<Reading> {}

#[tokio::test(start_paused = true)]
async fn what_needs_the_order_of_one_reader_is_refused_over_a_queue() {
    let source = || Scripted::<Reading>::of_events("queue", []);
    let (keyed, streams) = graph();
    let pipeline = Pipeline::over_queue(source(), Typed::default(), keyed, MemoryStore::default())
        .publish("out", streams.readings, Null);
    let error = pipeline.run().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("node `edges`"), "{error}");

    let plain = || {
        let (graph, _) = Graph::<Reading>::new();
        Pipeline::over_queue(source(), Typed::default(), graph, MemoryStore::default())
    };
    let minute = Duration::from_secs(60);
    for pipeline in [
        plain().ticks(Ticks::new(minute, minute)),
        plain().release_after(minute),
        plain().forget_after(minute),
        plain().keys_per_tenant(std::num::NonZeroUsize::MIN),
    ] {
        let error = pipeline.run().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("over a queue"), "{error}");
    }
    assert_eq!(plain().run().await.unwrap().ending, Ending::Complete);
}

#[tokio::test(start_paused = true)]
async fn over_a_queue_an_older_row_of_the_same_key_lands_and_so_does_an_equal_one() {
    let reading = |second| Reading {
        second,
        kmh: 60,
        ..Reading::default()
    };
    let rows = [500, 1, 500, 499, -1].map(reading);
    let (graph, readings) = Graph::new();
    let store = MemoryStore::default();
    let source = Scripted::of_events("queue", rows);
    let report = Pipeline::over_queue(source, Typed::default(), graph, store.clone())
        .store("readings", readings, store.table("readings"))
        .run()
        .await
        .unwrap();
    let counts = report.counts;
    assert_eq!((counts.accepted, counts.late, counts.duplicate), (4, 0, 0));
    assert_eq!((counts.dead_lettered, report.keys), (1, 0));
    assert_eq!(store.rows()["readings"].len(), 4);
    let partition = Partition::new("queue");
    let claim = store.clone().claim(&partition).await.unwrap();
    assert!(claim.state.is_empty(), "no key is kept: {:?}", claim.state);
}
