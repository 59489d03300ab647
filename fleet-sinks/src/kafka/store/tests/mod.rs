//! The store over a group of one member.

mod topic;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use fleet_core::{
    Offset, Partition, Result,
    checkpoint::{CheckpointStore, Committed},
    source::{Assigned, Membership},
    testing::conformance::{checkpoint_store, claims_beside_commits, saved, sealed},
};
use rdkafka::{
    ClientConfig, Offset as At, TopicPartitionList,
    consumer::{BaseConsumer, Consumer, ConsumerGroupMetadata},
};

use super::{Differing, KafkaStore, KafkaStoreOptions};
use crate::kafka::test_topic::{Topic, unused};

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A group of one member, which takes any name for one of its partitions.
struct Group {
    consumer: BaseConsumer,
    name: String,
    topic: Arc<str>,
    fence: Mutex<Arc<ConsumerGroupMetadata>>,
    numbers: Mutex<BTreeMap<Partition, i32>>,
    cluster: Option<String>,
    /// Whether the group has given its partitions away.
    is_gone: AtomicBool,
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Group")
    }
}

impl Group {
    fn join(topic: &Topic) -> Self {
        Self::join_as(topic, &unused("group"), None)
    }

    /// Joins a group, while another member is served.
    fn join_as(topic: &Topic, name: &str, other: Option<&BaseConsumer>) -> Self {
        let (mut config, name) = (ClientConfig::new(), name.to_owned());
        for (property, value) in [
            ("bootstrap.servers", &*topic.brokers),
            ("group.id", &name),
            ("isolation.level", "read_committed"),
            ("enable.auto.commit", "false"),
        ] {
            config.set(property, value);
        }
        let consumer: BaseConsumer = config.create().unwrap();
        consumer.subscribe(&[&topic.name]).unwrap();
        while consumer.assignment().unwrap().count() == 0 {
            drop(consumer.poll(Duration::from_millis(50)));
            drop(other.map(|other| other.poll(Duration::from_millis(50))));
        }
        let fence = Arc::new(consumer.group_metadata().unwrap());
        Self {
            name,
            topic: topic.name.as_str().into(),
            fence: Mutex::new(fence),
            numbers: Mutex::default(),
            cluster: None,
            is_gone: AtomicBool::new(false),
            consumer,
        }
    }

    fn number(&self, partition: &Partition) -> i32 {
        let mut numbers = self.numbers.lock().unwrap();
        let next = i32::try_from(numbers.len()).unwrap();
        *numbers.entry(partition.clone()).or_insert(next)
    }
}

impl Membership for Group {
    fn group(&self) -> &str {
        &self.name
    }

    fn instance(&self) -> Option<&str> {
        None
    }

    fn session_timeout(&self) -> Duration {
        Duration::from_secs(10)
    }

    fn cluster(&self) -> Result<String> {
        let own = || self.consumer.client().fetch_cluster_id(PATIENCE).unwrap();
        Ok(self.cluster.clone().unwrap_or_else(own))
    }

    fn assigned(&self, partition: &Partition) -> Option<Assigned> {
        if self.is_gone.load(Ordering::SeqCst) {
            return None;
        }
        let fence = Arc::clone(&self.fence.lock().unwrap());
        Some(Assigned {
            number: 1,
            topic: Arc::clone(&self.topic),
            partition: self.number(partition),
            note: String::new(),
            fence,
        })
    }

    fn position(&self, partition: &Partition) -> Result<Option<Offset>> {
        let mut list = TopicPartitionList::new();
        list.add_partition(&self.topic, self.number(partition));
        let kept = self.consumer.committed_offsets(list, PATIENCE).unwrap();
        Ok(match kept.elements()[0].offset() {
            At::Offset(at) => Some(Offset(at.unsigned_abs())),
            _ => None,
        })
    }
}

/// A topic whose partitions a group of one has.
async fn group() -> Option<(Topic, Arc<Group>)> {
    let topic = Topic::wide("store", 32).await?;
    let group = Arc::new(Group::join(&topic));
    Some((topic, group))
}

fn open(topic: &Topic, pipeline: &str, group: &Arc<Group>) -> KafkaStore {
    open_with(topic, pipeline, group, KafkaStoreOptions::default())
}

fn open_with(
    topic: &Topic,
    pipeline: &str,
    group: &Arc<Group>,
    options: KafkaStoreOptions,
) -> KafkaStore {
    let members: Arc<dyn Membership> = Arc::<Group>::clone(group);
    KafkaStore::open(&topic.brokers, pipeline, members, options).unwrap()
}

/// Commits these states under the next number, with nothing else.
async fn put(
    store: &mut KafkaStore,
    partition: &Partition,
    states: Vec<fleet_core::checkpoint::Saved>,
) {
    let claim = store.claim(partition).await.unwrap();
    let mut next = sealed(partition, &claim, claim.seq + 1);
    next.saved = states;
    let tx = store.begin().await.unwrap();
    assert_eq!(store.commit(tx, &[next]).await.unwrap(), Committed::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn topics_are_a_checkpoint_store() {
    let Some((topic, group)) = group().await else {
        return;
    };
    let store = open(&topic, &topic.name, &group);
    checkpoint_store(|| store.clone()).await;
    claims_beside_commits(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_is_larger_than_a_record_is_split_and_another_start_finds_it() {
    let Some((topic, group)) = group().await else {
        return;
    };
    let partition = Partition::from("split/0");
    let options = || KafkaStoreOptions {
        entry_bytes: 14,
        ..KafkaStoreOptions::default()
    };
    let start = || open_with(&topic, &topic.name, &group, options());
    let found = async || {
        let mut state = start().claim(&partition).await.unwrap().state;
        state.sort_by_key(|saved| saved.key.clone());
        state
    };
    let large: Vec<u8> = (0..35).collect();
    let mut store = start();
    let both = |bytes: &[u8]| {
        vec![
            saved(1, "large", Some(bytes)),
            saved(1, "other", Some(b"x")),
        ]
    };
    put(&mut store, &partition, both(&large)).await;
    assert_eq!(found().await, both(&large));
    // Smaller, by another start; then larger again; then none.
    put(&mut start(), &partition, both(&large[..11])).await;
    assert_eq!(found().await, both(&large[..11]));
    put(&mut start(), &partition, both(&large)).await;
    put(&mut start(), &partition, vec![saved(1, "large", None)]).await;
    assert_eq!(found().await, [saved(1, "other", Some(b"x"))]);
    let changelog = Topic::named(&topic.brokers, &format!("fleet.{}.changelog", topic.name));
    let number = group.number(&partition);
    let keys = changelog.committed().into_iter().map(|read| {
        assert_eq!(read.partition, number, "as the partition of the source");
        read.key.unwrap()
    });
    let parts: std::collections::BTreeSet<_> = keys.filter(|key| key.ends_with("large")).collect();
    let expected = (0..4).map(|part| format!("split/0\t1\t{part}\tlarge"));
    assert_eq!(parts, expected.collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_was_reset_is_refused_until_somebody_says_what_counts() {
    let Some((topic, group)) = group().await else {
        return;
    };
    let partition = Partition::from("reset/0");
    put(
        &mut open(&topic, &topic.name, &group),
        &partition,
        Vec::new(),
    )
    .await;
    assert_eq!(group.position(&partition).unwrap(), Some(Offset(100)));
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(&topic.name, group.number(&partition), At::Offset(40))
        .unwrap();
    group
        .consumer
        .commit(&list, rdkafka::consumer::CommitMode::Sync)
        .unwrap();
    let why = open(&topic, &topic.name, &group)
        .claim(&partition)
        .await
        .unwrap_err();
    assert!(!why.is_retryable());
    let why = why.to_string();
    for part in [
        "reset/0",
        "offset 100",
        "offset 40",
        "TakeChangelog",
        &group.name,
    ] {
        assert!(why.contains(part), "{part}: {why}");
    }
    let options = KafkaStoreOptions {
        differing: Differing::TakeChangelog,
        ..KafkaStoreOptions::default()
    };
    put(
        &mut open_with(&topic, &topic.name, &group, options),
        &partition,
        Vec::new(),
    )
    .await;
    assert_eq!(group.position(&partition).unwrap(), Some(Offset(200)));
    assert_eq!(
        open(&topic, &topic.name, &group)
            .claim(&partition)
            .await
            .unwrap()
            .seq,
        2
    );
    // A changelog under another name knows nothing of what the group keeps.
    let other = format!("{}-other", topic.name);
    let why = open(&topic, &other, &group)
        .claim(&partition)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        why.contains("knows nothing") && why.contains("offset 200"),
        "{why}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_cluster_is_refused() {
    let Some((topic, group)) = group().await else {
        return;
    };
    let mut group = Arc::into_inner(group).unwrap();
    group.cluster = Some("elsewhere".to_owned());
    let mut store = open(&topic, &topic.name, &Arc::new(group));
    let why = store.claim(&Partition::from("p/0")).await.unwrap_err();
    assert!(why.to_string().contains("cluster elsewhere"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_waits_for_the_transaction_of_a_process_that_died() {
    use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

    let Some((topic, group)) = group().await else {
        return;
    };
    let partition = Partition::from("open/0");
    put(
        &mut open(&topic, &topic.name, &group),
        &partition,
        Vec::new(),
    )
    .await;
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &topic.brokers);
    config.set("transactional.id", unused("hanging"));
    let producer: BaseProducer = config.create().unwrap();
    producer.init_transactions(PATIENCE).unwrap();
    producer.begin_transaction().unwrap();
    let changelog = format!("fleet.{}.changelog", topic.name);
    // It would be the head, if it were committed.
    let record = BaseRecord::to(&changelog).key("open/0\thead").payload("{}");
    producer
        .send(record.partition(group.number(&partition)))
        .unwrap();
    producer.flush(PATIENCE).unwrap();
    let mut store = open(&topic, &topic.name, &group);
    let claim = store.claim(&partition);
    let waited = tokio::time::timeout(Duration::from_secs(1), claim).await;
    assert!(waited.is_err(), "the outcome of the transaction is open");
    producer.abort_transaction(PATIENCE).unwrap();
    assert_eq!(store.claim(&partition).await.unwrap().seq, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_lost_its_group_is_fenced_and_one_that_stayed_goes_on() {
    let Some((topic, group)) = group().await else {
        return;
    };
    let partition = Partition::from("stale/0");
    let mut store = open(&topic, &topic.name, &group);
    put(&mut store, &partition, Vec::new()).await;
    // The group shares partitions out again, and this member does not hear of it.
    let other = Group::join_as(&topic, &group.name, Some(&group.consumer));
    let claim = store.claim(&partition).await.unwrap();
    let next = [sealed(&partition, &claim, 2)];
    let tx = store.begin().await.unwrap();
    let (mut committing, epoch) = (store.clone(), next.clone());
    let commit = tokio::spawn(async move { committing.commit(tx, &epoch).await });
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(
        !commit.is_finished(),
        "it waits for the assignment that follows"
    );
    *group.fence.lock().unwrap() = Arc::new(group.consumer.group_metadata().unwrap());
    assert_eq!(commit.await.unwrap().unwrap(), Committed::Done);
    // The next time, it loses its partition.
    drop(other);
    for _ in 0..60 {
        drop(group.consumer.poll(Duration::from_millis(50)));
    }
    let tx = store.begin().await.unwrap();
    let (mut committing, epoch) = (store.clone(), [sealed(&partition, &claim, 3)]);
    let commit = tokio::spawn(async move { committing.commit(tx, &epoch).await });
    tokio::time::sleep(Duration::from_millis(500)).await;
    group.is_gone.store(true, Ordering::SeqCst);
    let fenced = Committed::Fenced(vec![partition.clone()]);
    assert_eq!(commit.await.unwrap().unwrap(), fenced);
    let gone = store.progress(&partition).await.unwrap().unwrap();
    assert_eq!(gone.seq, 2, "the commit left nothing");
    assert!(gone.token > claim.token, "whoever has it now");
}
