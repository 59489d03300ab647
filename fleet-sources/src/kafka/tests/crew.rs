//! Pipelines over the source that share a store, each in a thread of its own as in a process of its
//! own, and a feed of records that can be told apart.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use fleet_core::{
    Graph, MemoryStore, Offset, Order, Partition, Pipeline, Result,
    checkpoint::{CheckpointStore, Counts},
    dialect::VehicleOps,
    event::Telemetry,
    pipeline::{EpochLimits, Health, Phase, Report},
    sink::TransactionalSink,
};
use rdkafka::{
    ClientConfig,
    producer::{BaseProducer, BaseRecord, Producer},
};
use tokio::sync::{oneshot, watch};

use super::rig::{PATIENCE, block_on};
use crate::kafka::{KafkaDecoder, KafkaSource, shared::now};

const POLL: Duration = Duration::from_millis(10);

/// Waits until something is so.
pub(super) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let from = now();
    while !is_so() {
        assert!(from.elapsed() < PATIENCE, "never: {what}");
        thread::sleep(POLL);
    }
}

/// A pipeline with a member of the group.
pub(super) struct Worker {
    health: watch::Receiver<Health>,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<Result<Report>>,
}

impl Worker {
    pub(super) fn start(source: KafkaSource, store: &MemoryStore) -> Self {
        Self::start_with(source, store.clone(), store.table("rows"))
    }

    pub(super) fn start_with<S: CheckpointStore + Sync>(
        source: KafkaSource,
        store: S,
        table: impl TransactionalSink<Telemetry, S>,
    ) -> Self {
        let (graph, telemetry) = Graph::<Telemetry>::new();
        let decode = KafkaDecoder::new(VehicleOps::default());
        let limits = EpochLimits {
            interval: Duration::from_millis(50),
            ..EpochLimits::default()
        };
        let order = Order::within(Duration::ZERO);
        let pipeline = Pipeline::exactly_once(source, decode, order, graph, store)
            .store("rows", telemetry, table)
            .epochs(limits);
        let health = pipeline.watch();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = thread::spawn(move || {
            block_on(pipeline.run_until(async {
                // Also when the worker is dropped, by a test that fails.
                let _ = stopped.await;
            }))
        });
        Self {
            health,
            stop,
            thread,
        }
    }

    /// The partitions that were restored and started here.
    pub(super) fn owned(&self) -> BTreeSet<Partition> {
        self.health.borrow().partitions.keys().cloned().collect()
    }

    pub(super) fn health(&self) -> Health {
        self.health.borrow().clone()
    }

    /// Waits until it ends with an error, which its health tells too.
    pub(super) fn fails(self) -> String {
        until("it fails", || self.thread.is_finished());
        let error = self.thread.join().unwrap().unwrap_err().to_string();
        let told = self.health.borrow().phase.clone();
        assert_eq!(told, Phase::Failed(error.clone()));
        error
    }

    /// Stops in good order, which leaves the group.
    pub(super) fn stop(self) -> Result<Report> {
        // It may have ended with an error already.
        let _ = self.stop.send(());
        self.thread.join().unwrap()
    }
}

/// Whether these workers own this many partitions together, and each has some.
pub(super) fn share<'w>(workers: impl IntoIterator<Item = &'w Worker>, partitions: usize) -> bool {
    let mut all = BTreeSet::new();
    let mut count = 0;
    for worker in workers {
        let owned = worker.owned();
        if owned.is_empty() {
            return false;
        }
        count += owned.len();
        all.extend(owned);
    }
    count == partitions && all.len() == partitions
}

/// A producer that goes on until it is stopped.
pub(super) struct Feed {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<u64>,
}

/// As many as keep each partition busy.
const VEHICLES: u64 = 24;

impl Feed {
    /// Produces a record of each vehicle, and again after each pause.
    pub(super) fn start(config: &ClientConfig, topic: &str, partitions: u64) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, topic) = (Arc::clone(&stop), topic.to_owned());
        // Without it, a batch that is sent again may come after its successor: its rows are late.
        let mut config = config.clone();
        config.set("enable.idempotence", "true");
        let producer: BaseProducer = config.create().unwrap();
        let thread = thread::spawn(move || {
            let mut sent = 0;
            while !stopped.load(Ordering::SeqCst) {
                for number in sent..sent + VEHICLES {
                    send(&producer, &topic, number, partitions);
                    // One report for each record, or else the queue fills up.
                    producer.poll(Duration::ZERO);
                }
                sent += VEHICLES;
                thread::sleep(Duration::from_millis(50));
            }
            producer.flush(PATIENCE).unwrap();
            sent
        });
        Self { stop, thread }
    }

    /// Returns how many records were produced.
    pub(super) fn stop(self) -> u64 {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.join().unwrap()
    }
}

/// Sends the record with this number. Those of a vehicle are in one partition, and in order.
pub(super) fn send(producer: &BaseProducer, topic: &str, number: u64, partitions: u64) {
    let vehicle = number % VEHICLES;
    let (key, line) = (format!("car-{vehicle}"), line(number));
    let partition = i32::try_from(vehicle % partitions).unwrap();
    let record = || BaseRecord::to(topic).key(&key).payload(&line);
    // The queue fills up while brokers answer with errors.
    until("the queue has room", || {
        let sent = producer.send(record().partition(partition));
        producer.poll(Duration::ZERO);
        sent.is_ok()
    });
}

fn line(number: u64) -> String {
    let (vehicle, seconds) = (number % VEHICLES, number / VEHICLES);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!(
        r#"{{"vehicle_id":"car-{vehicle}","timestamp":"2024-01-01T{hour:02}:{minute:02}:{second:02}Z"}}"#
    )
}

/// The position of each partition in the store.
pub(super) fn positions(store: &MemoryStore) -> BTreeMap<Partition, Offset> {
    let all = block_on(store.clone().partitions()).unwrap();
    let next = all
        .into_iter()
        .map(|(name, held)| (name, held.next.unwrap_or_default()));
    next.collect()
}

/// Waits until everything produced is committed.
pub(super) fn wait_for_all(store: &MemoryStore, produced: u64) {
    until("all records are committed", || {
        let next = positions(store).into_values();
        next.map(|next| next.0).sum::<u64>() >= produced
    });
}

/// Asserts that each record was read once and its row stored once. Claims all partitions.
pub(super) fn assert_each_once(store: &MemoryStore, produced: u64) {
    let mut counts = Counts::default();
    for partition in positions(store).into_keys() {
        counts += block_on(store.clone().claim(&partition)).unwrap().counts;
    }
    let expected = Counts {
        read: produced,
        accepted: produced,
        ..Counts::default()
    };
    assert_eq!(counts, expected);
    let rows = store.rows().remove("rows").unwrap_or_default();
    let distinct: BTreeSet<_> = rows.iter().collect();
    let stored = (rows.len() as u64, distinct.len() as u64);
    assert_eq!(stored, (produced, produced), "rows, and distinct ones");
}

/// The longest that a partition with new records may stand still.
pub(super) const IDLE: Duration = Duration::from_secs(30);

/// Looks for partitions that stand still, while records come for all of them.
pub(super) struct Watch {
    over: Arc<AtomicBool>,
    thread: JoinHandle<Duration>,
}

impl Watch {
    pub(super) fn start(store: &MemoryStore) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let (ended, store) = (Arc::clone(&over), store.clone());
        let thread = thread::spawn(move || {
            let (mut seen, mut longest) = (BTreeMap::new(), Duration::ZERO);
            while !ended.load(Ordering::SeqCst) {
                for (partition, next) in positions(&store) {
                    let (at, since) = seen.entry(partition).or_insert((next, now()));
                    longest = longest.max(since.elapsed());
                    if *at != next {
                        (*at, *since) = (next, now());
                    }
                }
                thread::sleep(Duration::from_millis(50));
            }
            longest
        });
        Self { over, thread }
    }

    /// Returns how long any of them stood still, which is not for ever.
    pub(super) fn longest(self) -> Duration {
        self.longest_below(IDLE)
    }

    /// The same with another bound.
    pub(super) fn longest_below(self, bound: Duration) -> Duration {
        self.over.store(true, Ordering::SeqCst);
        let longest = self.thread.join().unwrap();
        assert!(longest < bound, "a partition stood still for {longest:.1?}");
        longest
    }
}
