//! Topics on a real broker, and what a source reads of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use fleet_core::{
    Offset, Partition, Result, Source,
    source::{Position, Replayable, SourceEvent},
};
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
    producer::{BaseProducer, BaseRecord, Producer},
};

use tokio::{sync::oneshot, task::JoinHandle};

use crate::kafka::{KafkaOptions, KafkaRecords, KafkaSource, Protocol, StartAt};

pub(super) const PARTITIONS: i32 = 3;

pub(super) fn unique(what: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("{what}-{}-{number}", std::process::id())
}

pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(future)
}

/// A topic of its own on the broker of tests.
pub(super) struct Topic {
    pub(super) brokers: String,
    pub(super) name: String,
}

impl Topic {
    /// `None` without a broker to test with; the test is then reported as skipped.
    pub(super) async fn new() -> Option<Self> {
        let brokers = xtask::kafka::for_tests()?.to_owned();
        Some(Self::on(brokers).await)
    }

    pub(super) async fn on(brokers: String) -> Self {
        let topic = Self {
            brokers,
            name: unique("topic"),
        };
        topic.make().await;
        topic
    }

    /// A topic with settings of its own, outside a runtime.
    pub(super) fn special(partitions: i32, settings: &[(&str, &str)]) -> Option<Self> {
        let topic = Self {
            brokers: xtask::kafka::for_tests()?.to_owned(),
            name: unique("topic"),
        };
        block_on(topic.make_with(partitions, settings));
        Some(topic)
    }

    pub(super) fn admin(&self) -> AdminClient<DefaultClientContext> {
        self.config().create().unwrap()
    }

    pub(super) fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.brokers);
        config
    }

    pub(super) async fn make(&self) {
        self.make_with(PARTITIONS, &[]).await;
    }

    /// Makes it with this many partitions, and with these settings.
    pub(super) async fn make_with(&self, partitions: i32, settings: &[(&str, &str)]) {
        let mut new = NewTopic::new(&self.name, partitions, TopicReplication::Fixed(1));
        for (name, value) in settings {
            new = new.set(name, value);
        }
        let made = self
            .admin()
            .create_topics([&new], &AdminOptions::new())
            .await;
        made.unwrap().remove(0).unwrap();
    }

    /// Produces records by the numbers in a range: the partition, key and value follow from each.
    pub(super) fn produce(&self, numbers: std::ops::Range<u32>) {
        let producer: BaseProducer = self.config().set("linger.ms", "1").create().unwrap();
        for number in numbers {
            let (key, value) = (format!("car-{}", number % 7), format!("value {number}"));
            let partition = i32::try_from(number).unwrap() % PARTITIONS;
            let record = BaseRecord::to(&self.name)
                .key(&key)
                .payload(&value)
                .partition(partition);
            producer.send(record).unwrap();
        }
        producer.flush(Duration::from_secs(20)).unwrap();
    }

    pub(super) fn open(&self, group: &str, start: StartAt) -> KafkaSource {
        self.open_with(group, start, KafkaOptions::default())
    }

    pub(super) fn open_with(
        &self,
        group: &str,
        start: StartAt,
        options: KafkaOptions,
    ) -> KafkaSource {
        KafkaSource::open(&self.brokers, group, [&*self.name], start, options).unwrap()
    }

    pub(super) fn partition(&self, number: i32) -> Partition {
        Partition::from(format!("kafka:{}/{number}", self.name).as_str())
    }
}

pub(super) fn options(protocol: Protocol) -> KafkaOptions {
    KafkaOptions {
        protocol,
        session_timeout: Duration::from_secs(6),
        ..KafkaOptions::default()
    }
}

/// The records of a batch, for the suites.
pub(super) fn records(batch: &KafkaRecords) -> Vec<(Offset, Vec<u8>)> {
    let each = batch.iter().map(|record| {
        let told = String::from_utf8_lossy(record.value().unwrap_or_default()).into_owned();
        (Offset(record.offset()), told.into_bytes())
    });
    each.collect()
}

/// A source that ends where its partitions end, as the suites ask: Kafka has no end.
pub(super) struct Ending {
    source: KafkaSource,
    started: BTreeSet<Partition>,
    ends: Vec<Partition>,
    ended: bool,
}

impl Ending {
    pub(super) fn new(source: KafkaSource) -> Self {
        Self {
            source,
            started: BTreeSet::new(),
            ends: Vec::new(),
            ended: false,
        }
    }
}

#[async_trait]
impl Source for Ending {
    type Payload = KafkaRecords;

    async fn next(&mut self) -> Result<SourceEvent<KafkaRecords>> {
        loop {
            if let Some(partition) = self.ends.pop() {
                return Ok(SourceEvent::End(partition));
            }
            match self.source.next().await? {
                SourceEvent::Idle if !self.ended => {
                    if self.started.len() == PARTITIONS.unsigned_abs() as usize {
                        self.ended = true;
                        self.ends = self.started.iter().cloned().collect();
                    }
                }
                other => return Ok(other),
            }
        }
    }

    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        self.started.insert(partition.clone());
        self.source.start(partition, at).await
    }

    fn pause(&mut self, partition: &Partition) {
        self.source.pause(partition);
    }

    fn resume(&mut self, partition: &Partition) {
        self.source.resume(partition);
    }

    fn end(&self, partition: &Partition) -> Option<Offset> {
        self.source.end(partition)
    }

    async fn committed(&mut self, partition: &Partition, upto: &Position) -> Result<()> {
        self.source.committed(partition, upto).await
    }

    fn in_group(&self) -> bool {
        self.source.in_group()
    }

    fn fenced(&mut self, partition: &Partition) {
        self.source.fenced(partition);
    }
}

impl Replayable for Ending {}

/// What a test does with a source by itself.
pub(super) struct Reader {
    pub(super) source: KafkaSource,
    /// The values that were read, by partition.
    pub(super) read: BTreeMap<Partition, Vec<String>>,
}

/// How long anything may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

impl Reader {
    pub(super) fn new(source: KafkaSource) -> Self {
        Self {
            source,
            read: BTreeMap::new(),
        }
    }

    /// Waits for the next event, and starts what is assigned at `at`.
    pub(super) async fn step(&mut self, at: Option<u64>) -> Result<SourceEvent<()>> {
        let next = tokio::time::timeout(PATIENCE, self.source.next()).await;
        let next = next.expect("the source says something")?;
        self.take(next, at).await
    }

    /// The next event, if it comes at once.
    pub(super) async fn step_if_any(&mut self) -> Result<Option<SourceEvent<()>>> {
        let waits = Duration::from_millis(1);
        match tokio::time::timeout(waits, self.source.next()).await {
            Ok(next) => self.take(next?, None).await.map(Some),
            Err(_) => Ok(None),
        }
    }

    async fn take(
        &mut self,
        event: SourceEvent<KafkaRecords>,
        at: Option<u64>,
    ) -> Result<SourceEvent<()>> {
        Ok(match event {
            SourceEvent::Assigned(partitions) => {
                let at = at.map(|next| Position {
                    next: Offset(next),
                    mark: None,
                });
                for partition in &partitions {
                    self.source.start(partition, at.as_ref()).await?;
                    self.read.entry(partition.clone()).or_default();
                }
                SourceEvent::Assigned(partitions)
            }
            SourceEvent::Batch(batch) => {
                let values = batch.payload.iter().map(|record| {
                    String::from_utf8_lossy(record.value().unwrap_or_default()).into_owned()
                });
                let read = self.read.entry(batch.partition.clone()).or_default();
                read.extend(values);
                SourceEvent::Idle
            }
            SourceEvent::Revoking {
                partitions,
                within,
                done,
            } => {
                for partition in &partitions {
                    self.read.remove(partition);
                }
                SourceEvent::Revoking {
                    partitions,
                    within,
                    done,
                }
            }
            SourceEvent::Lost(partitions) => {
                for partition in &partitions {
                    self.read.remove(partition);
                }
                SourceEvent::Lost(partitions)
            }
            _ => SourceEvent::Idle,
        })
    }

    pub(super) fn count(&self) -> usize {
        self.read.values().map(Vec::len).sum()
    }
}

/// A reader in a task of its own.
pub(super) struct Member {
    owned: Arc<Mutex<BTreeSet<Partition>>>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Member {
    pub(super) fn run(source: KafkaSource) -> Self {
        let owned = Arc::new(Mutex::new(BTreeSet::new()));
        let (stop, mut stopped) = oneshot::channel();
        let told = Arc::clone(&owned);
        let task = tokio::spawn(async move {
            let mut reader = Reader::new(source);
            loop {
                // Between steps, because a step that is dropped may not have started a partition.
                let waits = Duration::from_millis(20);
                if tokio::time::timeout(waits, &mut stopped).await.is_ok() {
                    return;
                }
                let Ok(Some(event)) = reader.step_if_any().await else {
                    continue;
                };
                drop(event);
                *told.lock().unwrap() = reader.read.keys().cloned().collect();
            }
        });
        Self { owned, stop, task }
    }

    pub(super) fn owned(&self) -> BTreeSet<Partition> {
        self.owned.lock().unwrap().clone()
    }

    pub(super) fn count(&self) -> usize {
        self.owned().len()
    }

    /// Leaves the group.
    pub(super) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
    }
}

/// Waits until something is so.
pub(super) async fn until(mut is_so: impl FnMut() -> bool) {
    let waits = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waits)
        .await
        .expect("it becomes so");
}
