//! Topics that grow, and what was put into them.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
    producer::{BaseProducer, BaseRecord, Producer},
};

const VEHICLES: u64 = 60;
const TOPICS: u64 = 3;
/// Of each topic.
const PARTITIONS: i32 = 4;
/// Of all topics.
pub(crate) const ALL_PARTITIONS: usize = 12;
/// Fifteen hundred records a second, so that a fault hits busy workers.
const BATCH: u64 = VEHICLES;
const PAUSE: Duration = Duration::from_millis(40);

/// What was produced.
pub(crate) struct Fed {
    pub(crate) records: u64,
    /// The openings of OVERSPEED, by a plain loop.
    pub(crate) alerts: u64,
}

/// A producer that goes on until it is stopped.
pub(crate) struct Feed {
    brokers: String,
    topic: String,
    stop: Arc<AtomicBool>,
    producer: JoinHandle<Fed>,
}

impl Feed {
    /// Makes topics with so many replicas, and begins to produce to them.
    pub(crate) fn start(brokers: &str, replicas: i32) -> Self {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let topic = format!("fleet.telemetry.{}.{number}", std::process::id());
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", brokers);
        let topics: Vec<_> = (0..TOPICS).map(|n| format!("{topic}.{n}")).collect();
        make(&config, &topics, replicas);
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let producer = thread::spawn(move || {
            let mut fed = Fed {
                records: 0,
                alerts: 0,
            };
            config
                .set("enable.idempotence", "true")
                .set("linger.ms", "2");
            let producer: BaseProducer = config.create().unwrap();
            let mut fast: BTreeMap<u64, bool> = BTreeMap::new();
            while !stopped.load(Ordering::SeqCst) {
                for number in fed.records..fed.records + BATCH {
                    let vehicle = number % VEHICLES;
                    let is_fast = speed(number) > 80.0;
                    let was = fast.insert(vehicle, is_fast) == Some(true);
                    fed.alerts += u64::from(is_fast && !was);
                    let (key, line) = (format!("car-{vehicle:02}"), line(number));
                    let to = topics.get((vehicle % TOPICS) as usize).unwrap();
                    let record = BaseRecord::to(to).key(&key).payload(&line);
                    producer.send(record).unwrap();
                    // One report for each record, or else the queue fills up.
                    producer.poll(Duration::ZERO);
                }
                fed.records += BATCH;
                producer.poll(Duration::ZERO);
                thread::sleep(PAUSE);
            }
            producer.flush(Duration::from_secs(60)).unwrap();
            fed
        });
        Self {
            brokers: brokers.to_owned(),
            topic,
            stop,
            producer,
        }
    }

    /// The input of a worker: all topics, by pattern.
    pub(crate) fn input(&self) -> String {
        let pattern = self.topic.replace('.', "[.]");
        format!("kafka:{}/^{pattern}[.][0-9]$", self.brokers)
    }

    pub(crate) fn stop(self) -> Fed {
        self.stop.store(true, Ordering::SeqCst);
        self.producer.join().unwrap()
    }
}

fn make(config: &ClientConfig, topics: &[String], replicas: i32) {
    let admin: AdminClient<DefaultClientContext> = config.create().unwrap();
    let new: Vec<_> = topics
        .iter()
        .map(|topic| NewTopic::new(topic, PARTITIONS, TopicReplication::Fixed(replicas)))
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    let made = runtime.block_on(admin.create_topics(&new, &AdminOptions::new()));
    for made in made.unwrap() {
        made.unwrap();
    }
}

/// Speeds around the limit of 80, so that alerts open and close all the time.
fn speed(number: u64) -> f64 {
    (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 57) as f64 + 0.5
}

fn line(number: u64) -> String {
    let start: Timestamp = "2024-01-01T00:00:00Z".parse().unwrap();
    let seconds = i64::try_from(number / VEHICLES).unwrap();
    let at = start + SignedDuration::from_secs(seconds);
    format!(
        "{{\"vehicle_id\":\"car-{:02}\",\"speed_kmh\":{:?},\"timestamp\":\"{at}\"}}",
        number % VEHICLES,
        speed(number)
    )
}
