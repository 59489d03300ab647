//! A topic that grows, and one for results.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
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

pub(crate) const VEHICLES: u64 = 60;
/// Of each topic.
pub(crate) const PARTITIONS: i32 = 6;
/// Fifteen hundred records a second, so that a fault hits busy workers.
const PAUSE: Duration = Duration::from_millis(40);

/// A producer that goes on until it is stopped.
pub(crate) struct Feed {
    pub(crate) brokers: String,
    pub(crate) input: String,
    pub(crate) output: String,
    stop: Arc<AtomicBool>,
    producer: JoinHandle<u64>,
}

impl Feed {
    pub(crate) fn start(brokers: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = |what: &str| format!("{what}.{}.{number}", std::process::id());
        let (input, output) = (name("telemetry"), name("counts"));
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", brokers);
        make(&config, [&input, &output]);
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, topic) = (Arc::clone(&stop), input.clone());
        let producer = thread::spawn(move || {
            config.set("enable.idempotence", "true");
            let producer: BaseProducer = config.set("linger.ms", "2").create().unwrap();
            let mut fed = 0;
            while !stopped.load(Ordering::SeqCst) {
                for number in fed..fed + VEHICLES {
                    let (key, line) = line(number);
                    let record = BaseRecord::to(&topic).key(&key).payload(&line);
                    producer.send(record).unwrap();
                    // One report for each record, or else the queue fills up.
                    producer.poll(Duration::ZERO);
                }
                fed += VEHICLES;
                thread::sleep(PAUSE);
            }
            producer.flush(Duration::from_secs(60)).unwrap();
            fed
        });
        Self {
            brokers: brokers.to_owned(),
            input,
            output,
            stop,
            producer,
        }
    }

    /// Stops it; returns how many records there are.
    pub(crate) fn stop(self) -> u64 {
        self.stop.store(true, Ordering::SeqCst);
        self.producer.join().unwrap()
    }
}

fn make(config: &ClientConfig, topics: [&String; 2]) {
    let admin: AdminClient<DefaultClientContext> = config.create().unwrap();
    let new = topics.map(|topic| NewTopic::new(topic, PARTITIONS, TopicReplication::Fixed(1)));
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    let made = runtime.block_on(admin.create_topics(&new, &AdminOptions::new()));
    for made in made.unwrap() {
        made.unwrap();
    }
}

fn line(number: u64) -> (String, String) {
    let start: Timestamp = "2024-01-01T00:00:00Z".parse().unwrap();
    let at = start + SignedDuration::from_secs(i64::try_from(number / VEHICLES).unwrap());
    let vehicle = format!("car-{:02}", number % VEHICLES);
    let line =
        format!("{{\"vehicle_id\":\"{vehicle}\",\"speed_kmh\":50.5,\"timestamp\":\"{at}\"}}");
    (vehicle, line)
}
