//! Messages that their topic does not take, and topics that do not exist.

use std::time::Duration;

use rand::{Rng, SeedableRng};
use tokio::{sync::oneshot, time::timeout};

use super::super::{
    client::Client,
    delivery::{Fate, one_by_one},
};
use super::rig::{
    Store, assert_numbered, fast, first_copies, kafka, numbered, relay, with_each_store,
};
use crate::{
    kafka::{
        KafkaSinkOptions, Relay, RelayOptions,
        test_topic::{Topic, unused},
    },
    outbox::{Backlog, OutboxMessage, Waiting},
};

with_each_store! {
    a_message_that_is_too_large_costs_only_itself
    a_topic_that_is_missing_blocks_no_other
    a_busy_topic_goes_on_beside_a_missing_one_and_neither_starves
    a_message_that_is_refused_may_wait_again
    a_row_of_an_impossible_topic_is_refused
}

/// Text that hardly compresses.
fn noise(length: usize) -> String {
    let random = rand_pcg::Pcg64Mcg::seed_from_u64(3);
    let letters = random.sample_iter(rand::distr::Alphanumeric);
    letters.take(length).map(char::from).collect()
}

async fn a_message_that_is_too_large_costs_only_itself(mut store: impl Store) {
    let Some(topic) = Topic::new("relay", &[("max.message.bytes", "20000")]).await else {
        return;
    };
    // All of one partition and several requests, of which the topic refuses some.
    let mut messages = numbered(&topic.name, 0..45);
    for message in &mut messages {
        message.key = Some(b"car-1".to_vec());
    }
    // Larger than the topic takes; than the client sends; and a batch that is refused although none
    // of its records is too large.
    let at = messages[0].at;
    for (place, length) in [(3, 40_000), (20, 2 << 20), (21, 40_000), (44, 40_000)] {
        let value = format!("{place}{}", noise(length));
        let poison = OutboxMessage::new(&*topic.name, "car-1", at, value);
        messages.insert(place, poison);
    }
    for (place, message) in messages.iter_mut().enumerate().take(36).skip(30) {
        let value = format!("{place}{}", noise(15_000));
        *message = OutboxMessage::new(&*topic.name, "car-1", at, value);
    }
    store.put(&messages).await;
    let mut kafka = kafka();
    let few = ("batch.num.messages".to_owned(), "7".to_owned());
    kafka.properties.extend([few]);
    let mut relay = Relay::open(&topic.brokers, store.outbox_backlog(), &kafka, fast()).unwrap();
    let status = relay.drain().await.unwrap();
    assert_eq!((status.relayed(), status.refused()), (45, 4), "{status:?}");
    assert_eq!((status.backlog.waiting, status.backlog.refused), (0, 4));
    let refused = relay.backlog().refused(9).await.unwrap();
    let (taken, large): (Vec<_>, Vec<_>) = messages
        .into_iter()
        .partition(|message| message.value.as_ref().unwrap().len() < 20_000);
    for (refused, large) in refused.iter().zip(&large) {
        assert_eq!(refused.message, *large);
        assert!(
            refused.reason.contains("MessageSizeTooLarge"),
            "{refused:?}"
        );
    }
    let read = topic.read(usize::try_from(topic.count()).unwrap());
    let expected = taken.into_iter().map(|message| message.value.unwrap());
    let expected: Vec<_> = expected
        .map(|value| String::from_utf8(value).unwrap())
        .collect();
    assert_eq!(
        first_copies(&read)["car-1"],
        expected,
        "the others are in order"
    );
}

async fn a_message_that_is_refused_may_wait_again(mut store: impl Store) {
    let settings = [("message.timestamp.before.max.ms", "60000")];
    let Some(topic) = Topic::new("relay", &settings).await else {
        return;
    };
    store.put(&numbered(&topic.name, 0..3)).await;
    let mut relay = relay(&store, &topic.brokers);
    let status = relay.drain().await.unwrap();
    assert_eq!((status.relayed(), status.refused()), (0, 3));
    let reason = relay.backlog().refused(1).await.unwrap().remove(0).reason;
    assert!(reason.contains("InvalidTimestamp"), "{reason}");
    assert_eq!(relay.backlog().retry_refused().await.unwrap(), 3);
    let status = relay.drain().await.unwrap();
    assert_eq!((status.refused(), status.backlog.refused), (6, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_sent_one_by_one_for_a_limited_time() {
    let settings = [("message.timestamp.before.max.ms", "60000")];
    let Some(topic) = Topic::new("relay", &settings).await else {
        return;
    };
    let messages = numbered(&topic.name, 0..3).into_iter().zip(0..);
    let page = messages.map(|(message, place)| Waiting { place, message });
    let page: Vec<_> = page.collect();
    let mut client = Client::open(&topic.brokers, &kafka()).unwrap();
    let mut fates = vec![Fate::Open; 3];
    for settled in 1..=3 {
        let stall = one_by_one(&mut client, &page, &mut fates, Duration::ZERO).await;
        assert!(stall.unwrap().is_none());
        let refused = fates.iter().map(|fate| matches!(fate, Fate::Refused(_)));
        let expected = (0..3).map(|place| place < settled);
        assert!(refused.eq(expected), "each call settles one: {fates:?}");
    }
}

async fn a_topic_that_is_missing_blocks_no_other(mut store: impl Store) {
    let Some(topic) = Topic::new("relay", &[]).await else {
        return;
    };
    let missing = unused("missing");
    store.put(&numbered(&missing, 0..60)).await;
    store.put(&numbered(&topic.name, 0..30)).await;
    let mut relay = relay(&store, &topic.brokers);
    let error = relay.drain().await.unwrap_err().to_string();
    assert!(error.contains(&missing), "{error}");
    // On a busy machine the second goes by that the missing topic is left out for: an error again.
    for _ in 0..20 {
        if relay.watch().borrow().relayed() < 30 {
            _ = relay.drain().await;
        }
    }
    assert_eq!(relay.watch().borrow().relayed(), 30);
    assert_eq!(relay.backlog().measure().await.unwrap().waiting, 60);
    assert_eq!(assert_numbered(&topic, 30), 30);
    let made = Topic::at(&topic.brokers, &missing, &[]).await;
    // The client may still hold what it knew of the topic.
    while relay.drain().await.is_err() || made.count() < 60 {}
    assert_eq!(assert_numbered(&made, 60), 60);
    assert!(relay.watch().borrow().trouble.is_none());
}

async fn a_busy_topic_goes_on_beside_a_missing_one_and_neither_starves<S: Store + Sync>(
    mut store: S,
) {
    let Some(busy) = Topic::new("relay", &[]).await else {
        return;
    };
    let missing = unused("missing");
    // As everybody has them.
    let (kafka, options) = (KafkaSinkOptions::default(), RelayOptions::default());
    let backlog = store.outbox_backlog();
    let mut relay = Relay::open(&busy.brokers, backlog, &kafka, options).unwrap();
    let mut status = relay.watch();
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async {
        drop(stopped.await);
    };
    let running = tokio::spawn(async move { relay.run(stopped).await });
    store.put(&numbered(&missing, 0..5)).await;
    let trouble = status.wait_for(|status| status.trouble.is_some());
    let trouble = timeout(Duration::from_secs(15), trouble).await;
    let trouble = trouble.unwrap().unwrap().trouble.clone().unwrap();
    assert!(trouble.contains(&missing), "{trouble}");
    assert!(trouble.to_lowercase().contains("unknown"), "{trouble}");
    let mut sent = 0;
    let mut made: Option<Topic> = None;
    // There is always more for the busy one.
    loop {
        store.put(&numbered(&busy.name, sent..sent + 5)).await;
        sent += 5;
        let of = |status: &crate::kafka::RelayStatus, name: &String| {
            status.topics.get(name).map_or(0, |topic| topic.relayed)
        };
        let all = u64::from(sent);
        let passed = status.wait_for(|status| of(status, &busy.name) >= all);
        // Far less than the timeout of a page, and more than a try of the missing one takes.
        let passed = timeout(Duration::from_secs(12), passed).await;
        let passed = of(
            &passed.expect("nothing holds the busy one up").unwrap(),
            &missing,
        );
        match &made {
            Some(_) if passed == 5 => break,
            None if sent == 30 => made = Some(Topic::at(&busy.brokers, &missing, &[]).await),
            _ => assert!(sent < 500, "the messages of the new topic come"),
        }
    }
    assert_eq!(assert_numbered(&made.unwrap(), 5), 5);
    drop(stop);
    let status = running.await.unwrap().unwrap();
    assert_eq!(status.backlog.waiting, 0);
    assert_eq!(assert_numbered(&busy, sent), u64::from(sent));
}

async fn a_row_of_an_impossible_topic_is_refused(mut store: impl Store) {
    let Some(topic) = Topic::new("relay", &[]).await else {
        return;
    };
    store.put(&numbered("no topic\0at all", 0..1)).await;
    let at = numbered(&topic.name, 0..1).remove(0).at;
    let odd = OutboxMessage::new(&*topic.name, "car-0", at, "0").with_header("a\0b", "c");
    store.put(&[odd]).await;
    let status = relay(&store, &topic.brokers).drain().await.unwrap();
    assert_eq!((status.relayed(), status.refused()), (1, 1));
    assert_eq!(topic.read(1)[0].header("a␀b"), Some("c"));
}
