//! A reader of what is committed.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use rdkafka::{
    ClientConfig, Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
};

use crate::feed::{PARTITIONS, VEHICLES};

/// The last count of each vehicle. Each must be the one after the count before it.
pub(crate) struct Counts {
    last: Arc<Mutex<BTreeMap<String, u64>>>,
    stop: Arc<AtomicBool>,
    reader: JoinHandle<()>,
}

impl Counts {
    pub(crate) fn follow(brokers: &str, topic: &str) -> Self {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", brokers);
        config.set("group.id", "reader");
        config.set("isolation.level", "read_committed");
        let consumer: BaseConsumer = config.create().unwrap();
        let mut list = TopicPartitionList::new();
        for number in 0..PARTITIONS {
            list.add_partition_offset(topic, number, Offset::Beginning)
                .unwrap();
        }
        consumer.assign(&list).unwrap();
        let last = Arc::<Mutex<BTreeMap<String, u64>>>::default();
        let stop = Arc::new(AtomicBool::new(false));
        let (known, stopped) = (Arc::clone(&last), Arc::clone(&stop));
        let reader = thread::spawn(move || {
            while !stopped.load(Ordering::SeqCst) {
                let Some(Ok(message)) = consumer.poll(Duration::from_millis(50)) else {
                    continue;
                };
                let key = String::from_utf8(message.key().unwrap().to_vec()).unwrap();
                let row: serde_json::Value =
                    serde_json::from_slice(message.payload().unwrap()).unwrap();
                let n = row.get("n").unwrap().as_u64().unwrap();
                let at = row.get("at").unwrap().as_str().unwrap();
                let at: jiff::Timestamp = at.parse().unwrap();
                let millis = message.timestamp().to_millis();
                assert_eq!(millis, Some(at.as_millisecond()), "the time of the row");
                let mut known = known.lock().unwrap();
                let last = known.entry(key.clone()).or_default();
                assert_eq!(n, *last + 1, "{key}: each count once, in order");
                *last = n;
            }
        });
        Self { last, stop, reader }
    }

    fn check(&self) {
        assert!(!self.reader.is_finished(), "what was read is wrong");
    }

    pub(crate) fn all(&self) -> BTreeMap<String, u64> {
        self.last.lock().unwrap().clone()
    }

    /// Whether every vehicle went on.
    pub(crate) fn moved(&self, before: &BTreeMap<String, u64>) -> bool {
        self.check();
        let now = self.all();
        let went_on = |(key, n): (&String, &u64)| before.get(key).is_none_or(|before| n > before);
        now.len() as u64 == VEHICLES && now.iter().all(went_on)
    }

    pub(crate) fn sum(&self) -> u64 {
        self.check();
        self.all().values().sum()
    }

    /// Reads on for a moment, in case that more follows; returns the sum of all counts.
    pub(crate) fn stop(self) -> u64 {
        thread::sleep(Duration::from_secs(1));
        self.stop.store(true, Ordering::SeqCst);
        self.reader.join().unwrap();
        let last = self.last.lock().unwrap();
        last.values().sum()
    }
}
