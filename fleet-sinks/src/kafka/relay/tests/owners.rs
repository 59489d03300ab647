//! Several relays of one backlog.

use std::time::Duration;

use tokio::sync::oneshot;

use super::{
    super::Step,
    rig::{Store, assert_numbered, crashing_relay, numbered, relay, with_each_store},
};
use crate::{kafka::test_topic::Topic, outbox::Backlog};

with_each_store! {
    one_relay_works_and_the_next_takes_over_when_it_stops
    relays_that_take_turns_keep_the_order
}

async fn one_relay_works_and_the_next_takes_over_when_it_stops<S: Store + Sync>(mut store: S) {
    let Some(topic) = Topic::new("relay", &[]).await else {
        return;
    };
    let (mut one, mut two) = (relay(&store, &topic.brokers), relay(&store, &topic.brokers));
    assert_eq!(one.step().await.unwrap(), Step::Idle);
    assert_eq!(two.step().await.unwrap(), Step::Standby);
    let (stop_one, stopped_one) = oneshot::channel::<()>();
    let (stop_two, stopped_two) = oneshot::channel::<()>();
    let (seen_one, mut seen_two) = (one.watch(), two.watch());
    let stop = |stopped: oneshot::Receiver<()>| async {
        drop(stopped.await);
    };
    let (stopped_one, stopped_two) = (stop(stopped_one), stop(stopped_two));
    let one = tokio::spawn(async move { one.run(stopped_one).await });
    let two = tokio::spawn(async move { two.run(stopped_two).await });
    for n in 0..20 {
        store.put(&numbered(&topic.name, n * 10..n * 10 + 10)).await;
    }
    let mut all = seen_one.clone();
    all.wait_for(|status| status.relayed() == 200)
        .await
        .unwrap();
    assert_eq!(topic.count(), 200, "each is sent once");
    assert!(seen_one.borrow().owner && !seen_two.borrow().owner);
    drop(stop_one);
    one.await.unwrap().unwrap();
    store.put(&numbered(&topic.name, 200..230)).await;
    seen_two
        .wait_for(|status| status.relayed() == 30)
        .await
        .unwrap();
    drop(stop_two);
    let status = two.await.unwrap().unwrap();
    assert_eq!(status.backlog.waiting, 0);
    assert_eq!(assert_numbered(&topic, 230), 230);
}

#[cfg(feature = "sqlite")]
#[test]
fn a_relay_that_may_wait_longer_than_it_owns_its_backlog_is_refused() {
    use crate::kafka::{KafkaSinkOptions, Relay, RelayOptions};

    let store = crate::SqliteStore::open_in_memory("demo").unwrap();
    for (seconds, fits) in [(59, true), (60, false), (90, false)] {
        let kafka = KafkaSinkOptions {
            timeout: Duration::from_secs(seconds),
            ..KafkaSinkOptions::default()
        };
        let backlog = store.outbox_backlog().unwrap();
        let relay = Relay::open("localhost:9092", backlog, &kafka, RelayOptions::default());
        assert_eq!(relay.is_ok(), fits, "{seconds} s");
        if let Err(error) = relay {
            assert_eq!(error.kind(), fleet_core::ErrorKind::Config);
            let told = error.to_string();
            assert!(
                told.contains(&format!("{seconds} s")) && told.contains("60 s"),
                "{told}"
            );
        }
    }
}

async fn relays_that_take_turns_keep_the_order<S: Store>(mut store: S) {
    let Some(topic) = Topic::new("relay", &[]).await else {
        return;
    };
    store.put(&numbered(&topic.name, 0..400)).await;
    let mut turn = 0;
    while store.outbox_backlog().measure().await.unwrap().waiting > 0 {
        turn += 1;
        // Each is dropped somewhere in a step, without making way.
        let mut relay = crashing_relay(&store, &topic.brokers);
        let some = async {
            while relay.step().await.unwrap() != Step::Idle {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let within = Duration::from_millis(40 * (1 + turn % 20));
        drop(tokio::time::timeout(within, some).await);
    }
    assert!(assert_numbered(&topic, 400) >= 400);
}
