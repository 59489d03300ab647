//! The jobs: every record of a topic becomes a row of another.

use std::time::Duration;

use fleet_core::{
    Graph, MemoryStore, Order, Pipeline, dialect::VehicleOps, event::Telemetry, pipeline::Health,
};
use fleet_sinks::kafka::{KafkaSink, KafkaSinkOptions, KafkaStore, KafkaStoreOptions};
use fleet_sources::KafkaDecoder;
use rdkafka::{
    Message,
    producer::{BaseProducer, BaseRecord, Producer},
};
use tokio::sync::watch;

use crate::kafka::{
    bare,
    topic::{Topic, now, runtime, unique},
};

/// The records of a transaction of the bare side, as many as an epoch of half a second has.
const BATCH: u32 = 50_000;
const PATIENCE: Duration = Duration::from_secs(60);

/// A client that reads records and produces them again as they are, in transactions.
pub(super) fn bare(from: &Topic) -> Duration {
    let to = Topic::new(&from.brokers);
    let consumer = bare::consumer(from);
    let mut config = to.config();
    config.set("transactional.id", unique("bare"));
    config.set("linger.ms", "5").set("compression.type", "lz4");
    let producer: BaseProducer = config.create().unwrap();
    producer.init_transactions(PATIENCE).unwrap();
    producer.begin_transaction().unwrap();
    let (mut count, mut start) = (0, now());
    while count < from.records {
        let Some(Ok(message)) = consumer.poll(Duration::from_secs(1)) else {
            continue;
        };
        if count == 0 {
            start = now();
        }
        let record = || {
            let record = BaseRecord::to(&to.name).key(message.key().unwrap());
            record.payload(message.payload().unwrap())
        };
        while producer.send(record()).is_err() {
            producer.poll(Duration::from_millis(1));
        }
        producer.poll(Duration::ZERO);
        count += 1;
        if count % BATCH == 0 || count == from.records {
            while producer.in_flight_count() > 0 {
                producer.poll(Duration::ZERO);
            }
            producer.commit_transaction(PATIENCE).unwrap();
            producer.begin_transaction().unwrap();
        }
    }
    start.elapsed()
}

/// A pipeline that produces rows, and keeps its positions in memory.
pub(super) fn at_least_once(from: &Topic) -> Duration {
    let to = Topic::new(&from.brokers);
    let options = KafkaSinkOptions::default();
    let sink = KafkaSink::open(&from.brokers, &to.name, &options).unwrap();
    let (graph, telemetry) = Graph::<Telemetry>::new();
    let decode = KafkaDecoder::new(VehicleOps::default());
    let (order, store) = (Order::within(Duration::ZERO), MemoryStore::default());
    let pipeline = Pipeline::at_least_once(from.source(), decode, order, graph, store)
        .publish("rows", telemetry, sink);
    let done = all_committed(pipeline.watch(), from.records);
    runtime().block_on(async {
        let (stop, took) = tokio::sync::oneshot::channel();
        let run = pipeline.run_until(async { _ = stop.send(done.await) });
        run.await.unwrap();
        took.await.unwrap()
    })
}

/// The same with positions, and whatever state there is, in the transactions of the rows.
pub(super) fn exactly_once(from: &Topic) -> Duration {
    let to = Topic::new(&from.brokers);
    let source = from.source();
    let options = KafkaStoreOptions::default();
    let store = KafkaStore::open(&from.brokers, &unique("once"), source.membership(), options);
    let store = store.unwrap();
    let rows = store.topic::<Telemetry>(&to.name).unwrap();
    let (graph, telemetry) = Graph::<Telemetry>::new();
    let decode = KafkaDecoder::new(VehicleOps::default());
    let order = Order::within(Duration::ZERO);
    let pipeline =
        Pipeline::exactly_once(source, decode, order, graph, store).store("rows", telemetry, rows);
    let done = all_committed(pipeline.watch(), from.records);
    runtime().block_on(async {
        let (stop, took) = tokio::sync::oneshot::channel();
        let run = pipeline.run_until(async { _ = stop.send(done.await) });
        run.await.unwrap();
        took.await.unwrap()
    })
}

/// Waits until all records are committed, and returns the time since the first was read.
async fn all_committed(mut health: watch::Receiver<Health>, records: u32) -> Duration {
    let first = health.wait_for(|health| health.read() > 0).await;
    drop(first.unwrap());
    let start = now();
    let committed = |health: &Health| {
        let counts = health.partitions.values().map(|one| one.counts.accepted);
        counts.sum::<u64>()
    };
    let last = health.wait_for(|health| committed(health) >= records.into());
    drop(last.await.unwrap());
    start.elapsed()
}
