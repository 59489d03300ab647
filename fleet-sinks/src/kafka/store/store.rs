//! The store: state, positions and results in one transaction of Kafka.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use fleet_core::{
    Offset, Partition, Result, TableRow,
    checkpoint::{CheckpointStore, Claim, Committed, Progress, Sealed},
    source::{Assigned, Membership},
};
use rdkafka::{ClientConfig, TopicPartitionList, consumer::ConsumerGroupMetadata};

use super::{
    changelog::Names,
    client::{self, Client, Failed, Offsets},
    error::StoreError,
    ledger::{Check, Ledger},
    options::{Differing, KafkaStoreOptions},
    reader::{self, Reader},
    restoring::{Restored, Restoring, StateKey},
    topic::KafkaTopic,
    tx::{KafkaTx, Record},
};
use crate::kafka::config;

/// How often the group is asked whether it has shared partitions out again.
const LOOK: Duration = Duration::from_millis(20);

/// Keeps state, positions and results in Kafka, in one transaction: exactly once from topic to
/// topic, without a database.
///
/// Each epoch is one transaction: the rows of its [topics](Self::topic), what changed of the state,
/// the position, and the dead letters. Readers with `isolation.level=read_committed` see each row
/// once.
///
/// # Shape
/// The changelog `fleet.PIPELINE.changelog` is a compacted topic with as many partitions as the
/// topic of the source; the partition of an entry has the number of the partition of the source.
/// Dead letters are records of `fleet.PIPELINE.dead-letters`, with the
/// [headers](crate::outbox) that a relay gives them. Both are made when they are missing.
///
/// # Guarantees
/// - The changelog says where a partition goes on. The group has the same position, for its fence
///   and for tools; if the two differ, the claim is refused.
/// - A commit carries the assignment of the member as it was when the group gave it the partition.
///   What comes from a member that lost its partitions is refused by the brokers, and what comes
///   from an earlier claim of this process by the store.
/// - A claim waits until every transaction that is open in its part of the changelog has ended. If
///   its process died, brokers end it when the [session](Membership::session_timeout) of the member
///   is over, at their next look (`transaction.abort.timed.out.transaction.cleanup.interval.ms`,
///   10 s by default). A member with a name of its own that starts again ends it at once.
///
/// # Errors
/// Refuses brokers of another cluster than the source's, and positions that somebody changed. While
/// brokers cannot be reached, its errors are retryable.
///
/// # Examples
/// ```no_run
/// use fleet_core::{Graph, Order, Pipeline, dialect::VehicleOps, event::Telemetry};
/// # fn source() -> fleet_core::testing::Scripted<Telemetry> { unimplemented!() }
/// # fn membership() -> std::sync::Arc<dyn fleet_core::source::Membership> { unimplemented!() }
/// use fleet_sinks::kafka::{KafkaStore, KafkaStoreOptions};
///
/// # async fn example() -> fleet_core::Result<()> {
/// // let source = KafkaSource::open("localhost:9092", "cleaner", topics, start, options)?;
/// // let membership = source.membership();
/// # let (source, membership) = (source(), membership());
/// let options = KafkaStoreOptions::default();
/// let store = KafkaStore::open("localhost:9092", "cleaner", membership, options)?;
/// let processed = store.topic::<Telemetry>("fleet.telemetry.processed")?;
/// let (graph, telemetry) = Graph::new();
/// # let decode = fleet_core::decode::Typed::default();
/// Pipeline::exactly_once(source, decode, Order::default(), graph, store)
///     .store("processed", telemetry, processed)
///     .run()
///     .await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct KafkaStore(Arc<Inner>);

pub(super) struct Inner {
    pub(super) brokers: String,
    pipeline: String,
    pub(super) options: KafkaStoreOptions,
    names: Names,
    members: Arc<dyn Membership>,
    /// The properties of the client of transactions.
    writes: ClientConfig,
    /// The properties of readers of the changelog.
    reads: ClientConfig,
    /// Made by the first claim, and again after it broke.
    client: Mutex<Option<Client>>,
    /// Whether there is a client, for claims that need not wait for the one that commits.
    has_client: AtomicBool,
    /// The largest batch that every topic takes, in bytes.
    batch_bytes: AtomicUsize,
    /// How many partitions the changelog has, once that was looked at.
    prepared: tokio::sync::Mutex<i32>,
    ledger: Ledger,
    /// States of several records, by partition.
    split: Mutex<BTreeMap<Partition, HashMap<StateKey, u16>>>,
}

impl fmt::Debug for KafkaStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaStore")
            .field("pipeline", &self.0.pipeline)
            .field("changelog", &self.0.names.changelog)
            .finish_non_exhaustive()
    }
}

impl KafkaStore {
    /// Opens the store of a pipeline. The brokers are first asked by a claim.
    ///
    /// # Errors
    /// Refuses a name that cannot be part of the name of a topic, unencrypted connections to other
    /// machines, unless the options ask for them, and properties that the client does not know.
    pub fn open(
        brokers: &str,
        pipeline: &str,
        members: Arc<dyn Membership>,
        options: KafkaStoreOptions,
    ) -> Result<Self> {
        let names = Names::of(pipeline)?;
        let base = config::producer(brokers, &options.sink)?;
        let id = match members.instance() {
            // A restart fences its predecessor at once.
            Some(instance) => format!("fleet-{pipeline}-{instance}"),
            None => format!("fleet-{pipeline}-{}", unique()),
        };
        let writes = client::properties(&base, &id, members.session_timeout());
        let reads = reader::properties(&base, members.group());
        Ok(Self(Arc::new(Inner {
            brokers: brokers.to_owned(),
            pipeline: pipeline.to_owned(),
            options,
            names,
            members,
            writes,
            reads,
            client: Mutex::default(),
            has_client: AtomicBool::default(),
            batch_bytes: AtomicUsize::new(usize::MAX),
            prepared: tokio::sync::Mutex::default(),
            ledger: Ledger::default(),
            split: Mutex::default(),
        })))
    }

    /// A topic for results, written in the transactions of this store.
    ///
    /// # Errors
    /// Refuses a name that no topic can have.
    pub fn topic<R: TableRow>(&self, name: &str) -> Result<KafkaTopic<R>> {
        KafkaTopic::new(&self.0, name)
    }

    /// Does blocking work, which is told if nobody waits for it any more.
    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner, &AtomicBool) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        struct GiveUp(Arc<AtomicBool>);
        impl Drop for GiveUp {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let (inner, given_up) = (Arc::clone(&self.0), GiveUp(Arc::default()));
        let told = Arc::clone(&given_up.0);
        let done = tokio::task::spawn_blocking(move || work(&inner, &told)).await;
        match done {
            Ok(done) => done,
            Err(failed) => match failed.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(StoreError::Ended.into()),
            },
        }
    }

    /// Makes sure that the changelog has a place for a partition.
    async fn prepare(&self, assigned: &Assigned) -> Result<()> {
        let mut prepared = self.0.prepared.lock().await;
        if assigned.partition < *prepared {
            return Ok(());
        }
        let topic = Arc::clone(&assigned.topic);
        let wanted = self.work(move |inner, given_up| {
            inner.check_cluster()?;
            let timeout = inner.options.timeout();
            Reader::open(&inner.reads, &topic, timeout, given_up)?.partitions()
        });
        let wanted = wanted.await?.max(assigned.partition + 1);
        let (inner, names) = (&self.0, &self.0.names);
        names
            .prepare(&inner.brokers, wanted, &inner.options)
            .await?;
        *prepared = wanted;
        Ok(())
    }
}

#[async_trait]
impl CheckpointStore for KafkaStore {
    type Tx = KafkaTx;

    fn pipeline(&self) -> Option<&str> {
        Some(&self.0.pipeline)
    }

    async fn claim(&mut self, partition: &Partition) -> Result<Claim> {
        let assigned = self.0.assigned(partition)?;
        self.prepare(&assigned).await?;
        let partition = partition.clone();
        self.work(move |inner, given_up| inner.claim(&partition, &assigned, given_up))
            .await
    }

    async fn begin(&mut self) -> Result<KafkaTx> {
        Ok(KafkaTx::default())
    }

    async fn commit(&mut self, tx: KafkaTx, epoch: &[Sealed]) -> Result<Committed> {
        let epoch = epoch.to_vec();
        // Not given up: what was begun is ended.
        self.work(move |inner, _| inner.commit(tx, &epoch)).await
    }

    async fn progress(&mut self, partition: &Partition) -> Result<Option<Progress>> {
        let partition = partition.clone();
        self.work(move |inner, given_up| inner.progress(&partition, given_up))
            .await
    }

    async fn partitions(&mut self) -> Result<BTreeMap<Partition, Progress>> {
        self.work(Inner::partitions).await
    }
}

impl Inner {
    fn assigned(&self, partition: &Partition) -> Result<Assigned> {
        let assigned = self.members.assigned(partition);
        assigned.ok_or_else(|| StoreError::NotAssigned(partition.to_string()).into())
    }

    fn reader<'a>(&'a self, given_up: &'a AtomicBool) -> Result<Reader<'a>> {
        let timeout = self.options.timeout();
        Reader::open(&self.reads, &self.names.changelog, timeout, given_up)
    }

    /// Refuses brokers of another cluster than the source's.
    fn check_cluster(&self) -> Result<()> {
        let theirs = self.members.cluster()?;
        let ours = reader::cluster(&self.reads, self.options.timeout())?;
        if ours == theirs {
            return Ok(());
        }
        let group = self.members.group().to_owned();
        Err(StoreError::OtherCluster {
            group,
            source_cluster: theirs,
            store: ours,
        }
        .into())
    }

    fn client(&self) -> Result<MutexGuard<'_, Option<Client>>> {
        let mut client = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        let most = self.batch_bytes.load(Ordering::SeqCst);
        if client.as_ref().is_none_or(|open| open.batch_bytes > most) {
            // Its successor would wait for it.
            *client = None;
            *client = Some(Client::open(&self.writes, most, self.options.timeout())?);
            self.has_client.store(true, Ordering::SeqCst);
        }
        Ok(client)
    }

    fn split(&self) -> MutexGuard<'_, BTreeMap<Partition, HashMap<StateKey, u16>>> {
        self.split.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what a topic takes in a batch: it would refuse one that is larger as a whole.
    pub(super) fn takes(&self, batch_bytes: usize) {
        self.batch_bytes.fetch_min(batch_bytes, Ordering::SeqCst);
    }

    /// Makes a client if there is none: it ends the transaction of the one before.
    fn end_old_transactions(&self) -> Result<()> {
        if !self.has_client.load(Ordering::SeqCst) {
            drop(self.client()?);
        }
        Ok(())
    }

    fn claim(
        &self,
        partition: &Partition,
        assigned: &Assigned,
        given_up: &AtomicBool,
    ) -> Result<Claim> {
        let raised = self.ledger.raise(partition, assigned);
        self.end_old_transactions()?;
        let reader = self.reader(given_up)?;
        let mut restored = self.restore(&reader, partition, assigned.partition)?;
        self.compare(partition, &restored)?;
        let head = restored.head.as_ref();
        let stored = head.map_or((0, 0), |head| (head.token, head.seq));
        let not_ours = || StoreError::NotAssigned(partition.to_string());
        let claimed = self.ledger.claimed(partition, raised, stored);
        let token = claimed.ok_or_else(not_ours)?;
        self.split()
            .insert(partition.clone(), std::mem::take(&mut restored.split));
        Ok(restored.claim(token))
    }

    fn restore(&self, reader: &Reader<'_>, partition: &Partition, number: i32) -> Result<Restored> {
        let mut restoring = Restoring::new(partition, &self.names.changelog, number);
        reader.read(number, |found| restoring.take(&found))?;
        restoring.finish()
    }

    /// Refuses a partition whose position in the group is not that of the changelog.
    fn compare(&self, partition: &Partition, restored: &Restored) -> Result<()> {
        if self.options.differing == Differing::TakeChangelog {
            return Ok(());
        }
        let ours = restored.head.as_ref().map(super::head::Head::next);
        let theirs = self.members.position(partition)?;
        if ours == theirs {
            return Ok(());
        }
        let shown = |offset: Option<Offset>| match offset {
            Some(offset) => format!("offset {offset}"),
            None => "no offset".to_owned(),
        };
        Err(StoreError::Differs {
            partition: partition.to_string(),
            topic: self.names.changelog.to_string(),
            group: self.members.group().to_owned(),
            ours: shown(ours),
            theirs: shown(theirs),
        }
        .into())
    }

    fn commit(&self, tx: KafkaTx, epoch: &[Sealed]) -> Result<Committed> {
        let mut records = tx.records;
        let rows = records.len();
        let mut client = self.client()?;
        let (_committing, check) = self.ledger.begin(epoch, &*self.members);
        let mut ours = match check {
            Check::Ours(ours) => ours,
            Check::Unknown(partition) => return Err(unknown(&partition)),
            Check::Fenced(partitions) => return Ok(Committed::Fenced(partitions)),
        };
        loop {
            records.truncate(rows);
            self.add_entries(epoch, &ours, &mut records)?;
            let offsets = offsets(epoch, &ours)?;
            let Some(open) = client.as_ref() else {
                return Err(StoreError::Ended.into());
            };
            let cause = match open.commit(&records, &offsets) {
                Ok(()) => {
                    self.ledger.ended(epoch, true);
                    self.settle_split(epoch);
                    return Ok(Committed::Done);
                }
                Err(Failed::Fenced(cause)) => cause,
                Err(failed) => return Err(self.failed(failed, epoch, &mut client)),
            };
            tracing::info!(%cause, "the group does not take positions of this assignment");
            match self.next_assignment(epoch, &ours)? {
                Check::Ours(renewed) => ours = renewed,
                other => return other.refused().ok_or_else(|| StoreError::Ended.into()),
            }
        }
    }

    /// What follows from a transaction that failed.
    fn failed(
        &self,
        failed: Failed,
        epoch: &[Sealed],
        client: &mut Option<Client>,
    ) -> fleet_core::Error {
        let (cause, breaks) = match failed {
            Failed::Aborted(Some(topic), cause) => {
                let doing = format!("produce to topic {topic}");
                return StoreError::client(doing, cause);
            }
            Failed::Aborted(None, cause) | Failed::Fenced(cause) => (cause, false),
            Failed::Broken(cause) => (cause, true),
            Failed::Unknown(cause) => {
                self.ledger.ended(epoch, false);
                self.drop_client(client);
                return StoreError::Unknown(cause).into();
            }
        };
        if breaks {
            self.drop_client(client);
        }
        // The next attempt makes a new client.
        StoreError::client("commit a transaction", cause).retryable()
    }

    fn drop_client(&self, client: &mut Option<Client>) {
        self.has_client.store(false, Ordering::SeqCst);
        *client = None;
    }

    /// Waits until the group has shared partitions out again, which renews the assignments of those
    /// that stay.
    fn next_assignment(&self, epoch: &[Sealed], before: &[Assigned]) -> Result<Check> {
        let until = client::deadline(self.members.session_timeout());
        loop {
            let check = self.ledger.check(epoch, &*self.members);
            let Check::Ours(now) = &check else {
                return Ok(check);
            };
            let is_old =
                |(now, before): (&Assigned, &Assigned)| Arc::ptr_eq(&now.fence, &before.fence);
            if !now.iter().zip(before).any(is_old) {
                return Ok(check);
            }
            if crate::kafka::contact::now() >= until {
                // It was shut out, and has not noticed.
                let all = epoch.iter().map(|sealed| sealed.partition.clone());
                return Ok(Check::Fenced(all.collect()));
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Adds the entries of the changelog, and the dead letters.
    fn add_entries(
        &self,
        epoch: &[Sealed],
        ours: &[Assigned],
        records: &mut Vec<Record>,
    ) -> Result<()> {
        let mut split = self.split();
        for (sealed, assigned) in epoch.iter().zip(ours) {
            let split = split.entry(sealed.partition.clone()).or_default();
            let (number, limit) = (assigned.partition, self.options.entry_bytes);
            self.names.records(sealed, number, limit, split, records)?;
            super::dead_letters::add(&self.pipeline, &self.names, sealed, records);
        }
        Ok(())
    }

    /// Notes of how many records the states of a commit are now.
    fn settle_split(&self, epoch: &[Sealed]) {
        let mut split = self.split();
        for sealed in epoch {
            let Some(split) = split.get_mut(&sealed.partition) else {
                continue;
            };
            if split.is_empty() {
                continue;
            }
            for saved in &sealed.saved {
                let id = (saved.node, saved.key.clone());
                let parts = super::parts::count(saved, self.options.entry_bytes);
                if parts > 1 {
                    split.insert(id, parts);
                } else {
                    split.remove(&id);
                }
            }
        }
    }

    fn progress(&self, partition: &Partition, given_up: &AtomicBool) -> Result<Option<Progress>> {
        self.end_old_transactions()?;
        let token = self.ledger.token(partition);
        let number = self.members.assigned(partition).map(|now| now.partition);
        let reader = self.reader(given_up)?;
        let there = reader.partitions()?;
        let numbers = number.map_or(0..there, |number| number..number + 1);
        for number in numbers.filter(|number| *number < there) {
            let restored = self.restore(&reader, partition, number)?;
            if let Some(head) = &restored.head {
                self.ledger.learned(partition, head.token, head.seq);
                return Ok(restored.progress(token));
            }
        }
        if let Some(token) = token {
            self.ledger.learned(partition, token, 0);
        }
        Ok(Restored::default().progress(token))
    }

    fn partitions(&self, given_up: &AtomicBool) -> Result<BTreeMap<Partition, Progress>> {
        let reader = self.reader(given_up)?;
        let mut listing = super::listing::Listing::new(&self.names.changelog);
        for number in 0..reader.partitions()? {
            reader.read(number, |found| listing.take(number, &found))?;
        }
        Ok(listing.finish(&self.ledger.tokens()))
    }
}

/// The positions of a commit, by what the brokers check of them.
fn offsets(epoch: &[Sealed], ours: &[Assigned]) -> Result<Vec<Offsets>> {
    let mut all: Vec<Offsets> = Vec::new();
    for (sealed, assigned) in epoch.iter().zip(ours) {
        let fence = Arc::clone(&assigned.fence).downcast::<ConsumerGroupMetadata>();
        let fence = fence.map_err(|_| StoreError::ForeignMember)?;
        let same = all.iter_mut().find(|(known, _)| Arc::ptr_eq(known, &fence));
        let list = match same {
            Some((_, list)) => list,
            None => {
                all.push((fence, TopicPartitionList::new()));
                let Some((_, list)) = all.last_mut() else {
                    continue;
                };
                list
            }
        };
        let at = i64::try_from(sealed.next.0).unwrap_or(i64::MAX);
        let mut element = list.add_partition(&assigned.topic, assigned.partition);
        let set = element.set_offset(rdkafka::Offset::Offset(at));
        set.map_err(|cause| StoreError::client("note a position", cause))?;
        element.set_metadata(assigned.note.as_str());
    }
    Ok(all)
}

fn unknown(partition: &Partition) -> fleet_core::Error {
    let doing = format!("commit partition {partition} before its last commit is known");
    let code = rdkafka::error::RDKafkaErrorCode::State;
    StoreError::client(doing, rdkafka::error::KafkaError::Global(code)).retryable()
}

/// A name that no other start of any process has.
fn unique() -> String {
    use std::hash::{BuildHasher, RandomState};

    // Each `RandomState` has other keys, from the randomness of the system.
    let [one, two] = [(), ()].map(|()| RandomState::new().hash_one(std::process::id()));
    format!("{one:016x}{two:016x}")
}
