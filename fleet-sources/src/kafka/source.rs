//! The source: a member of a consumer group.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use async_trait::async_trait;
use fleet_core::{
    Error, Offset, Partition, Result, Source,
    source::{Membership, Position, Replayable, SourceEvent},
};
use rdkafka::{
    ClientConfig,
    consumer::{BaseConsumer, Consumer},
};

use super::{
    asker::{self, Asker},
    begin::Begin,
    config,
    contact::Contact,
    context::Context,
    error::KafkaError,
    lag,
    member::Member,
    options::{KafkaOptions, StartAt},
    poller::Poller,
    records::KafkaRecords,
    shared::{Part, Phase, Shared},
};

/// How long dropping the source waits until the member has left its group.
const LEAVE: Duration = Duration::from_secs(5);

/// Records of topics of Apache Kafka, shared out by a consumer group.
///
/// Start the same program in another process, and partitions move to it, with their state. Each
/// partition of a topic is a partition of the pipeline, named `kafka:TOPIC/NUMBER`; an offset is
/// the one of Kafka.
///
/// # Guarantees
/// - The store of the pipeline says where a partition begins. What the group keeps is only written,
///   for tools that show the lag.
/// - An offset that the topic no longer has, or does not have yet, ends the run with an error that
///   names it. Nothing is skipped, and nothing is read from the beginning by accident.
/// - A partition that moves is committed first, within [`KafkaOptions::hand_over`]. One that was
///   lost is never committed.
/// - Records of transactions that were aborted are not read. An open one holds back what follows
///   it: that is a warning, and counts as lag.
/// - Dropping the source leaves the group, so that others take its partitions at once.
///
/// # Examples
/// ```no_run
/// use fleet_core::{Graph, Order, Pipeline, dialect::VehicleOps, event::Telemetry, sink::Null};
/// use fleet_core::MemoryStore;
/// use fleet_sources::{KafkaDecoder, KafkaOptions, KafkaSource, StartAt};
///
/// # async fn example() -> fleet_core::Result<()> {
/// let topics = ["fleet.telemetry.raw"];
/// let options = KafkaOptions::default();
/// let source = KafkaSource::open("localhost:9092", "alerts", topics, StartAt::Earliest, options)?;
/// let decode = KafkaDecoder::new(VehicleOps::default());
/// let (graph, telemetry) = Graph::<Telemetry>::new();
/// Pipeline::exactly_once(source, decode, Order::default(), graph, MemoryStore::default())
///     .store("telemetry", telemetry, Null)
///     .run()
///     .await?;
/// # Ok(()) }
/// ```
///
/// # Errors
/// [`open`](Self::open) refuses options and brokers. While the brokers cannot be reached the client
/// tries again, for as long as it takes. If they refuse us for their certificate, our login or the
/// lack of TLS, and none has ever let us in, the run ends with an error that says what is wrong.
pub struct KafkaSource {
    /// `None` only while it is dropped.
    consumer: Option<Arc<BaseConsumer<Context>>>,
    /// Kept while there are partitions to begin.
    asker: Option<Asker>,
    config: ClientConfig,
    shared: Arc<Shared>,
    start_at: StartAt,
    options: KafkaOptions,
    /// Told when the thread has left the group.
    left: mpsc::Receiver<()>,
}

impl fmt::Debug for KafkaSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaSource")
            .field("start_at", &self.start_at)
            .finish_non_exhaustive()
    }
}

impl KafkaSource {
    /// Joins the group of this name and subscribes to topics. A topic that begins with `^` is a
    /// regular expression; topics that match it and are made later are found within half a minute.
    ///
    /// Use the name of the pipeline for the group, so that its members are those of the group.
    ///
    /// # Errors
    /// Refuses an empty list of topics, unencrypted connections to other machines, unless the
    /// options ask for them, properties that the client does not know, and what this build lacks,
    /// with the feature that brings it.
    pub fn open<'a>(
        brokers: &str,
        group: &str,
        topics: impl IntoIterator<Item = &'a str>,
        start_at: StartAt,
        options: KafkaOptions,
    ) -> Result<Self> {
        let topics: Vec<&str> = topics.into_iter().collect();
        if let Some(why) = config::unusable(&topics) {
            return Err(KafkaError::Config(why).into());
        }
        let config: ClientConfig = config::consumer(brokers, group, &options)?;
        let shared = Arc::new(Shared::default());
        let context = Context {
            shared: Arc::clone(&shared),
            contact: Contact::new(&config),
            has_served: AtomicBool::new(false),
            hand_over: options.hand_over,
            told: Mutex::default(),
            consumer: OnceLock::new(),
        };
        let made = config.create_with_context::<_, BaseConsumer<Context>>(context);
        let mut consumer = made.map_err(|cause| config::refused(&cause))?;
        let woken = Arc::clone(&shared);
        consumer.set_nonempty_callback(move || woken.wake());
        let subscribed = consumer.subscribe(&topics);
        subscribed.map_err(|cause| KafkaError::client("subscribe", cause))?;
        let consumer = Arc::new(consumer);
        let _ = consumer.context().consumer.set(Arc::downgrade(&consumer));
        let poller = Poller::new(
            Arc::clone(&consumer),
            Arc::clone(&shared),
            options.clone(),
            &topics,
        );
        let (leaving, left) = mpsc::sync_channel(1);
        let thread = thread::Builder::new().name("fleet-kafka".to_owned());
        let ends = Arc::clone(&shared);
        let spawned = thread.spawn(move || {
            // Without the thread the source would wait for ever, and stay a member.
            if catch_unwind(AssertUnwindSafe(|| poller.run())).is_err() {
                ends.fail(KafkaError::Ended.into());
            }
            // The source may be gone.
            let _ = leaving.send(());
        });
        spawned.map_err(|error| KafkaError::Config(format!("cannot start a thread: {error}")))?;
        Ok(Self {
            consumer: Some(consumer),
            asker: None,
            config,
            shared,
            start_at,
            options,
            left,
        })
    }

    /// The membership of this source in its group, for a store that keeps state and positions in
    /// the same brokers, such as `KafkaStore` of fleet-sinks. That store tells the group positions,
    /// and the source no longer does.
    pub fn membership(&self) -> Arc<dyn Membership> {
        let times = (self.options.session_timeout, self.options.timeout);
        Arc::new(Member::new(&self.config, times, &self.shared))
    }

    pub(super) fn consumer(&self) -> Result<&Arc<BaseConsumer<Context>>> {
        self.consumer
            .as_ref()
            .ok_or_else(|| KafkaError::Ended.into())
    }
}

impl Drop for KafkaSource {
    fn drop(&mut self) {
        drop(self.consumer.take());
        self.shared.stops.store(true, Ordering::SeqCst);
        self.shared.wake();
        // Without an answer in time the brokers drop the member after its session timeout.
        let _ = self.left.recv_timeout(LEAVE);
    }
}

#[async_trait]
impl Source for KafkaSource {
    type Payload = KafkaRecords;

    async fn next(&mut self) -> Result<SourceEvent<KafkaRecords>> {
        loop {
            let changed = self.shared.changed.notified();
            {
                let mut state = self.shared.lock();
                if let Some(error) = state.take_error() {
                    return Err(error);
                }
                if let Some(event) = state.take() {
                    drop(state);
                    if matches!(event, SourceEvent::Batch(_)) {
                        // There may be room again.
                        self.shared.wake();
                    }
                    return Ok(event);
                }
            }
            changed.await;
        }
    }

    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        // Revoked or lost meanwhile: there is nothing to start.
        let Some(claimed) = self.shared.claim(partition) else {
            return Ok(());
        };
        let asker = match &self.asker {
            Some(asker) => Arc::clone(asker),
            None => Arc::clone(self.asker.insert(asker::open(&self.config)?)),
        };
        let begin = Begin {
            consumer: Arc::clone(self.consumer()?),
            asker,
            shared: Arc::clone(&self.shared),
            claimed: claimed.clone(),
            at: at.map(|position| position.next.0),
            start_at: self.start_at,
            added: self.options.added_partitions,
            timeout: self.options.timeout,
        };
        let began = tokio::task::spawn_blocking(move || begin.run()).await;
        let began = began.map_err(|_| Error::from(KafkaError::Ended))??;
        let mut state = self.shared.lock();
        if let (Some(began), Some(part)) = (began, state.claimed(&claimed)) {
            part.begin(began.at, began.end);
            part.known = began.known;
        }
        let has_more = |part: &Part| part.phase == Phase::Claiming;
        if !state.parts.values().any(has_more) {
            let asker = self.asker.take();
            // It waits for its threads.
            tokio::task::spawn_blocking(move || drop(asker));
        }
        drop(state);
        self.shared.wake();
        Ok(())
    }

    fn pause(&mut self, partition: &Partition) {
        if let Some(part) = self.shared.lock().part(partition) {
            part.paused = true;
        }
    }

    fn resume(&mut self, partition: &Partition) {
        if let Some(part) = self.shared.lock().part(partition) {
            part.paused = false;
        }
        self.shared.changed.notify_one();
    }

    fn end(&self, partition: &Partition) -> Option<Offset> {
        let mut state = self.shared.lock();
        let part = state.part(partition).filter(|part| part.is_followed)?;
        // What follows the last record is not a record, such as the marks of transactions.
        Some(Offset(if part.at_end && part.held_back == 0 {
            part.next
        } else {
            part.end.max(part.next)
        }))
    }

    fn position(&self, partition: &Partition) -> Option<Offset> {
        let mut state = self.shared.lock();
        let part = state.part(partition)?;
        let is_whole = part.phase == Phase::Reading && part.waiting_bytes == 0;
        is_whole.then_some(Offset(part.next))
    }

    fn lag_time(&self, partition: &Partition, committed: Option<Offset>) -> Option<Duration> {
        let mut state = self.shared.lock();
        let part = state.part(partition)?;
        let committed = committed.unwrap_or_default().0;
        let at_end = part.at_end || committed >= part.end.max(part.next);
        part.uncommitted.lag(committed, at_end, lag::now())
    }

    async fn committed(&mut self, partition: &Partition, upto: &Position) -> Result<()> {
        if let Some(part) = self.shared.lock().part(partition) {
            part.committed(upto.next.0);
        }
        Ok(())
    }

    fn in_group(&self) -> bool {
        true
    }

    fn fenced(&mut self, partition: &Partition) {
        self.shared.fenced(partition);
    }
}

impl Replayable for KafkaSource {}
