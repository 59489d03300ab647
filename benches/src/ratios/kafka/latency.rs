//! From producing an event to its stored alert, beside the client's own way from producing to
//! consuming, in the same run.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use fleet_core::{
    Graph, Order, Pipeline, dialect::VehicleOps, event::Telemetry, pipeline::EpochLimits,
};
use fleet_rules::{Mode, preset};
use fleet_sinks::{
    PostgresStore,
    postgres::{Database, PostgresOptions},
};
use fleet_sources::KafkaDecoder;
use rdkafka::{
    Message,
    consumer::BaseConsumer,
    producer::{BaseRecord, Producer},
};
use xtask::postgres::{Options, instance_for_tests};

use super::{
    bare,
    timed::{Moments, Timed, delays, note},
    topic::{PARTITIONS, Topic, now, runtime},
};

const EVENTS_PER_SECOND: u32 = 10_000;
/// The producer sends this many times a second.
const TICK: Duration = Duration::from_millis(1);

pub(super) fn run(brokers: &str, events: u32) {
    let Some(server) = instance_for_tests(Options::default()) else {
        println!("kafka latency: skipped, no PostgreSQL can be started");
        return;
    };
    println!(
        "  latency at {EVENTS_PER_SECOND} events/s into PostgreSQL, every tenth an alert; p50 and p99 in ms"
    );
    // Thirteen seconds, but for a test that it works.
    let seconds = 3 + events.div_ceil(100_000);
    for (name, limits) in [
        ("eager", EpochLimits::eager()),
        ("default", EpochLimits::default()),
    ] {
        let trial = Trial::run(brokers, server.url(), limits, seconds);
        trial.print(name);
    }
}

/// Delays since each record was produced.
struct Trial {
    consumed: Vec<Duration>,
    read: Vec<Duration>,
    stored: Vec<Duration>,
}

impl Trial {
    fn run(brokers: &str, url: String, limits: EpochLimits, seconds: u32) -> Self {
        let topic = Topic::new(brokers);
        let [consumed, read, stored]: [Moments; 3] = Default::default();
        let ready = Arc::new(AtomicBool::new(false));
        let done = Arc::new(AtomicBool::new(false));
        let consumer = {
            let (consumer, consumed, done) = (
                bare::consumer(&topic),
                Arc::clone(&consumed),
                Arc::clone(&done),
            );
            thread::spawn(move || consume(&consumer, &consumed, &done))
        };
        let producer = {
            let (brokers, name) = (topic.brokers.clone(), topic.name.clone());
            let ready = Arc::clone(&ready);
            thread::spawn(move || {
                let topic = Topic {
                    brokers,
                    name,
                    records: 0,
                };
                while !ready.load(Ordering::SeqCst) {
                    thread::sleep(TICK);
                }
                produce(&topic, EVENTS_PER_SECOND * seconds)
            })
        };
        let source = Timed {
            source: topic.source(),
            read: Arc::clone(&read),
            stored: Arc::clone(&stored),
        };
        let produced = runtime().block_on(pipeline(source, url, limits, &ready, producer));
        done.store(true, Ordering::SeqCst);
        consumer.join().unwrap();
        Self {
            consumed: delays(&produced, &consumed),
            read: delays(&produced, &read),
            stored: delays(&produced, &stored),
        }
    }

    fn print(&self, name: &str) {
        let at = |delays: &[Duration], percent: usize| {
            let place = delays.len() * percent / 100;
            delays.get(place).copied().unwrap_or_default().as_secs_f64() * 1e3
        };
        for (what, delays) in [
            ("produced to consumed by the bare client", &self.consumed),
            ("produced to the pipeline", &self.read),
            ("produced to stored", &self.stored),
        ] {
            println!(
                "    {name:<8} {what:<42} {:7.1} {:7.1}",
                at(delays, 50),
                at(delays, 99)
            );
        }
        let ours = |percent| at(&self.stored, percent) - at(&self.consumed, percent);
        println!(
            "    {name:<8} {:<42} {:7.1} {:7.1}",
            "our part",
            ours(50),
            ours(99)
        );
    }
}

/// Runs until everything that is produced is stored. Returns when each record was produced.
async fn pipeline(
    source: Timed,
    url: String,
    limits: EpochLimits,
    ready: &AtomicBool,
    producer: thread::JoinHandle<BTreeMap<i32, Vec<Instant>>>,
) -> BTreeMap<i32, Vec<Instant>> {
    let database = Database::connect(&url, PostgresOptions::default())
        .await
        .unwrap();
    let name = super::topic::unique("latency");
    let store = PostgresStore::open(&database, &name).await.unwrap();
    let table = store.table(&name.replace('-', "_")).await.unwrap();
    let (mut graph, telemetry) = Graph::<Telemetry>::new();
    let alerts = graph.apply("rules", telemetry, preset::vehicleops(Mode::Every));
    let order = Order::within(Duration::ZERO);
    let decode = KafkaDecoder::new(VehicleOps::default());
    let pipeline = Pipeline::exactly_once(source, decode, order, graph, store)
        .epochs(limits)
        .store("alerts", alerts, table);
    let mut health = pipeline.watch();
    let (tell, told) = tokio::sync::oneshot::channel();
    let stop = async {
        let started = health.wait_for(|health| health.partitions.len() == PARTITIONS as usize);
        drop(started.await.unwrap());
        ready.store(true, Ordering::SeqCst);
        let produced = tokio::task::spawn_blocking(|| producer.join().unwrap())
            .await
            .unwrap();
        let all: usize = produced.values().map(Vec::len).sum();
        let stored = health.wait_for(|health| health.counts().read >= all as u64);
        drop(stored.await.unwrap());
        _ = tell.send(produced);
    };
    let report = pipeline.run_until(stop).await.unwrap();
    assert_eq!(report.counts.read, report.counts.accepted);
    assert!(report.tally("sink.alerts", "written") > 0);
    told.await.unwrap()
}

/// Produces at a steady rate, round the partitions. Returns when each record was handed over.
fn produce(topic: &Topic, events: u32) -> BTreeMap<i32, Vec<Instant>> {
    let producer = topic.producer("0");
    let mut produced: BTreeMap<i32, Vec<Instant>> = BTreeMap::new();
    let (start, mut sent) = (now(), 0);
    while sent < events {
        let due = start.elapsed().as_micros() * u128::from(EVENTS_PER_SECOND) / 1_000_000;
        let due = u32::try_from(due).unwrap();
        while sent < due.min(events) {
            let number = sent.cast_signed() % PARTITIONS;
            // A vehicle stays in its partition.
            let vehicle = format!("car-{:03}", sent % 1000);
            let line = line(&vehicle, sent);
            produced.entry(number).or_default().push(now());
            let record = BaseRecord::to(&topic.name).partition(number);
            producer.send(record.key(&vehicle).payload(&line)).unwrap();
            producer.poll(Duration::ZERO);
            sent += 1;
        }
        producer.poll(Duration::ZERO);
        thread::sleep(TICK);
    }
    producer.flush(Duration::from_secs(30)).unwrap();
    produced
}

fn line(vehicle: &str, sent: u32) -> String {
    let speed = if sent.is_multiple_of(10) { 95.5 } else { 55.5 };
    let second = sent / EVENTS_PER_SECOND;
    let micros = sent % EVENTS_PER_SECOND * 100;
    format!(
        "{{\"vehicle_id\":\"{vehicle}\",\"fleet_id\":\"fleet-001\",\"speed_kmh\":{speed},\
         \"battery_pct\":71.5,\"engine_temp_c\":88.1,\"load_pct\":40.0,\"status\":\"MOVING\",\
         \"timestamp\":\"2024-02-15T14:00:{second:02}.{micros:06}+00:00\"}}"
    )
}

/// Notes when each record arrives, until told to stop.
fn consume(consumer: &BaseConsumer, consumed: &Moments, done: &AtomicBool) {
    while !done.load(Ordering::SeqCst) {
        if let Some(Ok(message)) = consumer.poll(Duration::from_millis(100)) {
            note(
                consumed,
                message.partition(),
                message.offset().unsigned_abs() + 1,
            );
        }
    }
}
