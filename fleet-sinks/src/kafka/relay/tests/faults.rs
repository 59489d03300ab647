//! Crashes, and brokers and servers that are gone for a while.

use std::time::Duration;

use async_trait::async_trait;
use fleet_core::{Error, ErrorKind, Result};
use tokio::sync::oneshot;

use super::{
    super::{Relay, RelayOptions},
    rig::{Store, assert_numbered, fast, kafka, numbered, relay, with_each_store},
};
use crate::{
    kafka::test_topic::{Topic, unused},
    outbox::{Backlog, BacklogSize, Page, RefusedMessage, Settled, Waiting},
};

with_each_store! {
    a_crash_between_acknowledgement_and_mark_sends_again_with_the_same_ids
    a_broker_that_is_gone_for_a_while_delays_and_loses_nothing
    a_relay_that_reaches_no_broker_stops_in_time
    a_store_that_fails_for_good_ends_the_relay
}

/// What a backlog does instead of marking.
#[derive(Clone, Copy)]
enum Fault {
    Fails,
    FailsForGood,
    MarksAndFails,
    Hangs,
    IsTakenOver,
}

/// A backlog that marks nothing, or tells nobody.
struct Faulty<B>(B, Fault);

#[async_trait]
impl<B: Backlog> Backlog for Faulty<B> {
    async fn own(&mut self) -> Result<bool> {
        self.0.own().await
    }
    async fn page(&mut self, page: &Page<'_>) -> Result<Vec<Waiting>> {
        self.0.page(page).await
    }
    async fn settle(&mut self, settled: &[Settled]) -> Result<bool> {
        let failed = Error::new(ErrorKind::Store, "planted");
        match self.1 {
            Fault::Fails => Err(failed.retryable()),
            Fault::FailsForGood => Err(failed),
            Fault::MarksAndFails => {
                self.0.settle(settled).await?;
                Err(failed.retryable())
            }
            Fault::Hangs => std::future::pending().await,
            Fault::IsTakenOver => Ok(false),
        }
    }
    async fn measure(&mut self) -> Result<BacklogSize> {
        self.0.measure().await
    }
    async fn refused(&mut self, limit: usize) -> Result<Vec<RefusedMessage>> {
        self.0.refused(limit).await
    }
    async fn retry_refused(&mut self) -> Result<u64> {
        self.0.retry_refused().await
    }
    async fn release(&mut self) -> Result<()> {
        self.0.release().await
    }
}

fn faulty<S: Store>(store: &S, topic: &Topic, fault: Fault) -> Relay<Faulty<S::Backlog>> {
    let backlog = Faulty(store.crashing_backlog(), fault);
    Relay::open(&topic.brokers, backlog, &kafka(), fast()).unwrap()
}

async fn a_crash_between_acknowledgement_and_mark_sends_again_with_the_same_ids(
    mut store: impl Store,
) {
    let Some(topic) = Topic::new("relay", &[]).await else {
        return;
    };
    store.put(&numbered(&topic.name, 0..70)).await;
    let mut records = 0;
    for (fault, more) in [
        (Fault::Fails, 50),
        (Fault::Hangs, 50),
        (Fault::IsTakenOver, 50),
        (Fault::MarksAndFails, 50),
    ] {
        let mut relay = faulty(&store, &topic, fault);
        // Until the last one is gone, which it did not say.
        while !relay.backlog().own().await.unwrap() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        records += more;
        let taken = async {
            while topic.count() < records {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if matches!(fault, Fault::Hangs) {
            tokio::select! {
                step = relay.step() => panic!("it hangs, and returned {step:?}"),
                () = taken => {}
            }
        } else {
            let step = relay.step().await;
            let fails = matches!(fault, Fault::Fails | Fault::MarksAndFails);
            assert_eq!(step.is_err(), fails);
        }
        assert_eq!(topic.count(), records);
        assert_eq!(
            relay.watch().borrow().relayed(),
            0,
            "what is not marked is not counted"
        );
    }
    let mut last = relay(&store, &topic.brokers);
    while last.drain().await.unwrap().backlog.waiting > 0 {}
    assert_eq!(assert_numbered(&topic, 70), records + 20);
}

async fn a_broker_that_is_gone_for_a_while_delays_and_loses_nothing<S: Store + Sync>(mut store: S) {
    let broker = tokio::task::spawn_blocking(xtask::kafka::broker_for_tests);
    let Some(mut broker) = broker.await.unwrap() else {
        return;
    };
    let topic = Topic::at(&broker.address(), &unused("relay"), &[]).await;
    let mut kafka = kafka();
    kafka.timeout = Duration::from_millis(1500);
    let backlog = store.outbox_backlog();
    let mut relay = Relay::open(&topic.brokers, backlog, &kafka, fast()).unwrap();
    let mut status = relay.watch();
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async {
        drop(stopped.await);
    };
    let running = tokio::spawn(async move { relay.run(stopped).await });
    store.put(&numbered(&topic.name, 0..100)).await;
    status
        .wait_for(|status| status.relayed() == 100)
        .await
        .unwrap();

    for round in 1..3 {
        // In the middle of a page, and of several.
        let before = round * 400 - 300;
        store
            .put(&numbered(&topic.name, before..before + 400))
            .await;
        let seen = u64::from(before) + 20;
        status
            .wait_for(|status| status.relayed() >= seen)
            .await
            .unwrap();
        tokio::task::block_in_place(|| broker.kill().unwrap());
        let trouble = status.wait_for(|status| status.trouble.is_some());
        let trouble = trouble.await.unwrap().trouble.clone();
        assert!(trouble.unwrap().contains(&topic.name));
        tokio::task::block_in_place(|| broker.up().unwrap());
        let all = u64::from(before) + 400;
        status
            .wait_for(|status| status.relayed() >= all)
            .await
            .unwrap();
        status
            .wait_for(|status| status.trouble.is_none())
            .await
            .unwrap();
    }
    drop(stop);
    let status = running.await.unwrap().unwrap();
    assert_eq!(status.backlog.waiting, 0);
    assert_eq!(status.relayed(), 900);
    assert!(assert_numbered(&topic, 900) >= 900);
}

async fn a_relay_that_reaches_no_broker_stops_in_time(mut store: impl Store) {
    store.put(&numbered("topic", 0..3)).await;
    let options = RelayOptions {
        stop_within: Duration::from_millis(100),
        ..fast()
    };
    // Nobody listens there.
    let mut relay = Relay::open("127.0.0.1:1", store.outbox_backlog(), &kafka(), options).unwrap();
    let stop = tokio::time::sleep(Duration::from_millis(200));
    let run = tokio::time::timeout(Duration::from_secs(10), relay.run(stop));
    let status = run.await.unwrap().unwrap();
    assert_eq!((status.relayed(), status.backlog.waiting), (0, 3));
    assert!(store.outbox_backlog().own().await.unwrap(), "it made way");
}

async fn a_store_that_fails_for_good_ends_the_relay(mut store: impl Store) {
    let Some(topic) = Topic::new("relay", &[]).await else {
        return;
    };
    store.put(&numbered(&topic.name, 0..3)).await;
    let mut relay = faulty(&store, &topic, Fault::FailsForGood);
    let error = relay.run(std::future::pending()).await.unwrap_err();
    assert!(error.to_string().contains("planted"), "{error}");
}
