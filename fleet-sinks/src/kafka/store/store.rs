//! The store: state, positions and results in one transaction of Kafka.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use fleet_core::{
    Partition, Result,
    checkpoint::{CheckpointStore, Claim, Committed, Progress, Sealed},
    source::{Assigned, Membership},
};

use super::{
    changelog::Names,
    client,
    error::StoreError,
    inner::Inner,
    ledger::Ledger,
    limits::Limits,
    options::KafkaStoreOptions,
    reader::{self, Reader},
    tx::KafkaTx,
};
use crate::kafka::config;

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
/// # Versions
/// Tested with Apache Kafka 4.4. With KIP-848 (`Protocol::Consumer` of the source) brokers of
/// earlier versions may refuse a member whose assignment did not change while that of others did:
/// it would be fenced, claim again, and be fenced again. Use another protocol there. With KIP-848
/// the time after which brokers end a transaction is the source's `session_timeout`, though the
/// brokers have a session of their own.
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
pub struct KafkaStore(pub(super) Arc<Inner>);

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
            // A restart fences its predecessor at once. No pipeline has a / in its name.
            Some(instance) => format!("fleet/{pipeline}/{instance}"),
            None => format!("fleet/{pipeline}/{}", unique()),
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
            was_fenced: AtomicBool::default(),
            batch_bytes: AtomicUsize::new(usize::MAX),
            prepared: tokio::sync::Mutex::default(),
            ledger: Ledger::default(),
            split: Mutex::default(),
        })))
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
        for topic in [&names.changelog, &names.dead_letters] {
            let limits = Limits::ask(inner, topic).await?;
            limits.check_entries(topic, inner.options.entry_bytes)?;
        }
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
        let work = match self.0.prepare(tx, epoch)? {
            Ok(work) => work,
            Err(fenced) => return Ok(Committed::Fenced(fenced)),
        };
        // Not given up: what was begun is ended.
        self.work(move |inner, _| inner.commit(&work)).await
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

/// A name that no other start of any process has.
fn unique() -> String {
    use std::hash::{BuildHasher, RandomState};

    // Each `RandomState` has other keys, from the randomness of the system.
    let [one, two] = [(), ()].map(|()| RandomState::new().hash_one(std::process::id()));
    format!("{one:016x}{two:016x}")
}
