//! Pipelines over a topic: rows without decoding, and the job of F1.

use std::time::Duration;

use fleet_core::{
    Decode, Graph, MemoryStore, Offset, Order, Pipeline, VehicleId,
    decode::Entry,
    dialect::VehicleOps,
    event::Telemetry,
    pipeline::Health,
    sink::Null,
    units::Speed,
    window::{SummaryOf, Tumbling},
};
use fleet_rules::{Mode, preset};
use fleet_sources::{KafkaDecoder, KafkaRecords};
use tokio::sync::watch;

use super::topic::{Topic, now, runtime};

/// Makes a row of each record from its key and time, without looking at its value.
struct Undecoded;

impl Decode<KafkaRecords> for Undecoded {
    type Event = Telemetry;

    fn decode(&self, records: KafkaRecords, entry: &mut Entry<'_, Telemetry>) {
        for record in records.iter() {
            let vehicle = std::str::from_utf8(record.key().unwrap()).unwrap();
            let vehicle = VehicleId::new(vehicle).unwrap();
            let at = record.time().unwrap();
            entry.row(Offset(record.offset()), Telemetry::new(vehicle, at));
        }
    }

    fn divide(&self, records: KafkaRecords, parts: usize) -> Vec<KafkaRecords> {
        records.divide(parts)
    }
}

/// The time from the first row to the last, without decoding.
pub(super) fn rows(topic: &Topic) -> Duration {
    let (graph, telemetry) = Graph::<Telemetry>::new();
    // The topic was filled within seconds: with a bound, all rows would wait and be saved.
    let (order, store) = (Order::within(Duration::ZERO), MemoryStore::default());
    let pipeline = Pipeline::exactly_once(topic.source(), Undecoded, order, graph, store)
        .store("rows", telemetry, Null);
    let read = read_all(pipeline.watch(), topic.records);
    let (stop, took) = tokio::sync::oneshot::channel();
    runtime().block_on(async {
        let stopped = pipeline.run_until(async { _ = stop.send(read.await) });
        stopped.await.unwrap();
        took.await.unwrap()
    })
}

/// The same with decoding, rules and windows.
pub(super) fn rules(topic: &Topic) -> Duration {
    let (mut graph, telemetry) = Graph::<Telemetry>::new();
    let alerts = graph.apply("rules", telemetry, preset::vehicleops(Mode::Edge));
    let speed = SummaryOf::new(|event: &Telemetry| event.speed().map(Speed::as_kmh));
    let windows = graph.apply("windows", telemetry, Tumbling::minutes(1).aggregate(speed));
    let (order, store) = (Order::default(), MemoryStore::default());
    let decode = KafkaDecoder::new(VehicleOps::default());
    let pipeline = Pipeline::exactly_once(topic.source(), decode, order, graph, store)
        .store("alerts", alerts, Null)
        .store("windows", windows, Null);
    let read = read_all(pipeline.watch(), topic.records);
    let (stop, took) = tokio::sync::oneshot::channel();
    runtime().block_on(async {
        let stopped = pipeline.run_until(async { _ = stop.send(read.await) });
        let report = stopped.await.unwrap();
        assert_eq!(report.counts.accepted, u64::from(topic.records));
        took.await.unwrap()
    })
}

/// Waits until all records are computed, and returns the time since the first was.
async fn read_all(mut health: watch::Receiver<Health>, records: u32) -> Duration {
    let first = health.wait_for(|health| health.read() > 0).await;
    drop(first.unwrap());
    let start = now();
    let last = health.wait_for(|health| health.read() >= records.into());
    drop(last.await.unwrap());
    start.elapsed()
}
