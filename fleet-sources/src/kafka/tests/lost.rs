//! A live member that tries to commit a partition which it lost is refused by us. The brokers take
//! it: they check that the member is in the group, not what it owns.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use fleet_core::{
    MemoryStore, MemoryTable, MemoryTx, Offset, Partition, Result, Row, Source,
    checkpoint::{CheckpointStore, Claim, Committed, Counts, Progress, Sealed},
    event::Telemetry,
    sink::{Outcome, TransactionalSink},
    source::{Position, SourceEvent},
};
use rdkafka::consumer::{CommitMode, Consumer};

use super::{
    PROTOCOLS,
    crew::{Feed, Worker, assert_each_once, positions, share, until, wait_for_all},
    rig::{Member, PARTITIONS, PATIENCE, Reader, Topic, options, unique},
};
use crate::kafka::{KafkaOptions, Protocol, StartAt, context, partitions, shared::Place};

/// A store that can stop at a commit of all partitions, and that notes what it refused.
#[derive(Clone, Default)]
struct Slow {
    inner: MemoryStore,
    stops: Arc<AtomicBool>,
    stopped: Arc<AtomicBool>,
    refused: Arc<Mutex<Vec<Partition>>>,
}

#[async_trait]
impl CheckpointStore for Slow {
    type Tx = MemoryTx;

    async fn claim(&mut self, partition: &Partition) -> Result<Claim> {
        self.inner.claim(partition).await
    }

    async fn begin(&mut self) -> Result<MemoryTx> {
        self.inner.begin().await
    }

    async fn commit(&mut self, tx: MemoryTx, epoch: &[Sealed]) -> Result<Committed> {
        let whole = epoch.len() == PARTITIONS.unsigned_abs() as usize;
        while whole && self.stops.load(Ordering::SeqCst) {
            self.stopped.store(true, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let answer = self.inner.commit(tx, epoch).await?;
        if let Committed::Fenced(partitions) = &answer {
            self.refused.lock().unwrap().extend(partitions.clone());
        }
        Ok(answer)
    }

    async fn progress(&mut self, partition: &Partition) -> Result<Option<Progress>> {
        self.inner.progress(partition).await
    }

    async fn partitions(&mut self) -> Result<BTreeMap<Partition, Progress>> {
        self.inner.partitions().await
    }
}

/// A table of the store inside.
struct Table(MemoryTable);

#[async_trait]
impl TransactionalSink<Telemetry, Slow> for Table {
    async fn write(&mut self, tx: &mut MemoryTx, rows: &[Row<Telemetry>]) -> Result<Outcome> {
        TransactionalSink::<_, MemoryStore>::write(&mut self.0, tx, rows).await
    }
}

/// The store is so slow that a member gives partitions away with a commit under way, which arrives
/// when the next owner is at work.
fn a_late_commit(protocol: Protocol) {
    let Some(topic) = Topic::special(PARTITIONS, &[]) else {
        return;
    };
    let slow = Slow::default();
    let (store, group) = (&slow.inner, unique("late"));
    let open = || {
        let options = KafkaOptions {
            hand_over: Duration::from_millis(300),
            ..options(protocol)
        };
        topic.open_with(&group, StartAt::Earliest, options)
    };
    let feed = Feed::start(&topic.config(), &topic.name, 3);
    let first = Worker::start_with(open(), slow.clone(), Table(store.table("rows")));
    until("the first has all", || share([&first], 3));
    slow.stops.store(true, Ordering::SeqCst);
    until("a commit is under way", || {
        slow.stopped.load(Ordering::SeqCst)
    });
    let second = Worker::start(open(), store);
    until("the second has some", || share([&first, &second], 3));
    let (theirs, before) = (second.owned(), positions(store));
    until("the second commits", || {
        let after = positions(store);
        let moved = |name: &Partition| after.get(name) > before.get(name);
        theirs.iter().all(moved)
    });
    assert!(slow.refused.lock().unwrap().is_empty());
    slow.stops.store(false, Ordering::SeqCst);
    until("the late commit is refused", || {
        let refused = slow.refused.lock().unwrap();
        theirs.iter().any(|name| refused.contains(name))
    });
    let produced = feed.stop();
    wait_for_all(store, produced);
    first.stop().unwrap();
    second.stop().unwrap();
    assert_each_once(store, produced);
    println!("{protocol:?}: refused {:?}", slow.refused.lock().unwrap());
}

#[test]
fn a_commit_that_arrives_after_the_hand_over_is_refused_in_each_protocol() {
    std::thread::scope(|scope| {
        for protocol in PROTOCOLS {
            scope.spawn(move || a_late_commit(protocol));
        }
    });
}

/// What the group keeps as the position of a partition.
fn kept(reader: &Reader, place: &Place) -> rdkafka::Offset {
    let list = context::listed(std::slice::from_ref(place), rdkafka::Offset::Invalid);
    let consumer = reader.source.consumer().unwrap();
    let kept = consumer.committed_offsets(list.unwrap(), PATIENCE);
    kept.unwrap().elements()[0].offset()
}

#[tokio::test]
async fn brokers_take_a_position_of_a_partition_that_was_lost_but_we_do_not_send_it() {
    let Some(topic) = Topic::new().await else {
        return;
    };
    topic.produce(0..30);
    for protocol in PROTOCOLS {
        let (mut store, group) = (MemoryStore::default(), unique("lost"));
        let open = || topic.open_with(&group, StartAt::Earliest, options(protocol));
        let mut first = Reader::new(open());
        while first.read.len() < 3 {
            first.step(None).await.unwrap();
        }
        let second = Member::run(open());
        while second.count() == 0 || first.read.len() + second.count() != 3 {
            drop(first.step_if_any().await.unwrap());
        }
        let (lost, ours) = (second.owned(), first.read.keys().next().cloned().unwrap());
        let lost = lost.first().unwrap();
        let place = |partition: &Partition| -> Place {
            let (_, number) = partition.as_str().rsplit_once('/').unwrap();
            (topic.name.as_str().into(), number.parse().unwrap())
        };

        // The member is in the group, which is all that the brokers ask.
        let list = partitions::positions(&[(place(lost), 7, 3)]).unwrap();
        let consumer = first.source.consumer().unwrap();
        consumer.commit(&list, CommitMode::Sync).unwrap();
        assert_eq!(kept(&first, &place(lost)), rdkafka::Offset::Offset(7));

        // The source sends nothing for it. The position that is sent after it has arrived.
        let upto = |next| Position {
            next: Offset(next),
            mark: None,
        };
        first.source.committed(lost, &upto(9)).await.unwrap();
        first.source.committed(&ours, &upto(5)).await.unwrap();
        until("the group has our position", || {
            kept(&first, &place(&ours)) == rdkafka::Offset::Offset(5)
        });
        assert_eq!(kept(&first, &place(lost)), rdkafka::Offset::Offset(7));

        // The store refuses the old token, and the source says why.
        let old = store.claim(lost).await.unwrap().token;
        store.claim(lost).await.unwrap();
        let sealed = Sealed {
            partition: lost.clone(),
            token: old,
            seq: 1,
            next: Offset(9),
            mark: None,
            ended: false,
            fingerprint: "".into(),
            saved: Vec::new(),
            dead: Vec::new(),
            counts: Counts::default(),
            tallies: BTreeMap::new(),
        };
        let tx = store.begin().await.unwrap();
        let answer = store.commit(tx, &[sealed]).await.unwrap();
        assert_eq!(answer, Committed::Fenced(vec![lost.clone()]));
        first.source.fenced(lost);
        let told = loop {
            if let SourceEvent::Lost(partitions) = first.step(None).await.unwrap() {
                break partitions;
            }
        };
        assert_eq!(told, std::slice::from_ref(lost), "{protocol:?}");
        second.stop().await;
    }
}
