//! What is relayed, in which order, and when it is marked.

use super::{
    super::Step,
    rig::{Store, assert_numbered, numbered, relay, with_each_store},
};
use crate::{kafka::test_topic::Topic, outbox::BacklogSize};

with_each_store! { messages_are_relayed_in_order_and_once a_restart_goes_on }

async fn messages_are_relayed_in_order_and_once(mut store: impl Store) {
    let Some(topic) = Topic::new("relay", &[]).await else {
        return;
    };
    let mut messages = numbered(&topic.name, 0..120);
    messages[0] = messages[0].clone().with_header("traceparent", "00-1-1-01");
    store.put(&messages).await;
    let mut relay = relay(&store, &topic.brokers);
    let step = relay.step().await.unwrap();
    let page = Step::Settled {
        relayed: 50,
        refused: 0,
    };
    assert_eq!((step, topic.count()), (page, 50), "a page is bounded");
    let status = relay.drain().await.unwrap();
    assert_eq!((status.relayed(), status.refused()), (120, 0));
    assert_eq!(status.topics[&topic.name].relayed, 120);
    assert_eq!(status.backlog, BacklogSize::default());
    assert_eq!(assert_numbered(&topic, 120), 120);
    let read = topic.read(120);
    let first = read.iter().find(|record| record.value == "0").unwrap();
    assert_eq!(first.header("traceparent"), Some("00-1-1-01"));
    let id = messages[0].id.to_string();
    assert_eq!(first.header("content-id"), Some(&*id));
    assert_eq!(first.millis, Some(1_700_000_000_123));
    // A replay enters nothing.
    store.put(&messages).await;
    assert_eq!(relay.step().await.unwrap(), Step::Idle);
    assert_eq!(topic.count(), 120);
}

async fn a_restart_goes_on(mut store: impl Store) {
    let Some(topic) = Topic::new("relay", &[]).await else {
        return;
    };
    store.put(&numbered(&topic.name, 0..60)).await;
    let mut first = relay(&store, &topic.brokers);
    // Stopped at once: what is under way is ended.
    let status = first.run(async {}).await.unwrap();
    assert_eq!((status.relayed(), status.owner), (50, false));
    assert_eq!(status.backlog.waiting, 10);
    store.put(&numbered(&topic.name, 60..90)).await;
    let status = relay(&store, &topic.brokers).drain().await.unwrap();
    assert_eq!(status.relayed(), 40);
    assert_eq!(assert_numbered(&topic, 90), 90);
}

#[cfg(feature = "sqlite")]
#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_pipeline_reach_the_topic_under_their_key() {
    use fleet_core::{
        EventTime, Graph, Order, Pipeline, VehicleId, decode::Typed, event::Telemetry,
        testing::Scripted,
    };

    let Some(topic) = Topic::new("relay", &[]).await else {
        return;
    };
    let store = crate::SqliteStore::open_in_memory("demo").unwrap();
    let event = |n: i64| {
        let vehicle = VehicleId::new(&format!("car-{}", n % 2)).unwrap();
        Telemetry::new(vehicle, EventTime::from_micros(n * 1_000_000))
    };
    let source = Scripted::of_events("telemetry/0", (1..9).map(event));
    let (graph, telemetry) = Graph::new();
    let outbox = store.outbox(crate::outbox::OutboxRows::new(&topic.name).unwrap());
    Pipeline::exactly_once(
        source,
        Typed::default(),
        Order::default(),
        graph,
        store.clone(),
    )
    .store("outbox", telemetry, outbox)
    .run()
    .await
    .unwrap();
    let status = relay(&store, &topic.brokers).drain().await.unwrap();
    assert_eq!(status.relayed(), 8);
    for record in topic.read(8) {
        let value: serde_json::Value = record.value.parse().unwrap();
        assert_eq!(value["vehicle_id"].as_str(), record.key.as_deref());
    }
}
