//! Real members of a group, and a store for each, step by step: what comes too late is refused,
//! and the bugs that would let it through are found.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use fleet_core::{
    Offset, Partition, Result, Source,
    checkpoint::{CheckpointStore, Claim, Committed, Counts, Sealed},
    source::{Assigned, Membership, SourceEvent},
};
use fleet_sinks::kafka::{KafkaStore, KafkaStoreOptions};
use fleet_sources::{KafkaOptions, KafkaSource, Protocol, StartAt};

use crate::{crew::SESSION, feed::Feed, now};

const PATIENCE: Duration = Duration::from_secs(60);

const PROTOCOLS: [Protocol; 3] = [
    Protocol::CooperativeSticky,
    Protocol::Range,
    Protocol::Consumer,
];

/// Bugs of a store that uses a membership wrongly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Bug {
    #[default]
    None,
    /// What the broker checks is that of now, not that of the assignment.
    FetchedAtCommit,
    /// All members have the same transactional id.
    OneTransactionalId,
}

/// A membership that can answer as it was: a commit that was checked, and then took its time.
#[derive(Debug)]
struct Slow {
    inner: Arc<dyn Membership>,
    bug: Bug,
    /// What it answers for these partitions.
    before: Mutex<BTreeMap<Partition, Assigned>>,
    /// A partition that stays.
    kept: Mutex<Option<Partition>>,
}

impl Membership for Slow {
    fn group(&self) -> &str {
        self.inner.group()
    }

    fn instance(&self) -> Option<&str> {
        match self.bug {
            Bug::OneTransactionalId => Some("fixed"),
            _ => self.inner.instance(),
        }
    }

    fn session_timeout(&self) -> Duration {
        self.inner.session_timeout()
    }

    fn cluster(&self) -> Result<String> {
        self.inner.cluster()
    }

    fn assigned(&self, partition: &Partition) -> Option<Assigned> {
        let before = self.before.lock().unwrap().get(partition).cloned();
        let Some(mut before) = before else {
            return self.inner.assigned(partition);
        };
        if self.bug == Bug::FetchedAtCommit {
            let kept = self.kept.lock().unwrap();
            before.fence = self.inner.assigned(kept.as_ref()?)?.fence;
        }
        Some(before)
    }

    fn position(&self, partition: &Partition) -> Result<Option<Offset>> {
        self.inner.position(partition)
    }
}

/// A member and its store.
struct Member {
    source: KafkaSource,
    members: Arc<Slow>,
    store: KafkaStore,
    claims: BTreeMap<Partition, Claim>,
}

impl Member {
    fn join(feed: &Feed, protocol: Protocol, bug: Bug) -> Self {
        let options = KafkaOptions {
            protocol,
            session_timeout: SESSION,
            ..KafkaOptions::default()
        };
        let (brokers, group) = (&feed.brokers, &feed.output);
        let source = KafkaSource::open(brokers, group, [&*feed.input], StartAt::Earliest, options);
        let source = source.unwrap();
        let members = Arc::new(Slow {
            inner: source.membership(),
            bug,
            before: Mutex::default(),
            kept: Mutex::default(),
        });
        let shared: Arc<dyn Membership> = Arc::<Slow>::clone(&members);
        let store = KafkaStore::open(brokers, group, shared, KafkaStoreOptions::default());
        Self {
            source,
            members,
            store: store.unwrap(),
            claims: BTreeMap::new(),
        }
    }

    /// Takes what the group gives, and lets go of what it takes away.
    async fn step(&mut self) {
        let next = tokio::time::timeout(Duration::from_millis(50), self.source.next()).await;
        match next.map(Result::unwrap) {
            Ok(SourceEvent::Assigned(partitions)) => {
                for partition in partitions {
                    let claim = self.store.claim(&partition).await.unwrap();
                    self.source.start(&partition, None).await.unwrap();
                    self.claims.insert(partition, claim);
                }
            }
            Ok(SourceEvent::Revoking {
                partitions, done, ..
            }) => {
                self.claims.retain(|name, _| !partitions.contains(name));
                drop(done);
            }
            Ok(SourceEvent::Lost(partitions)) => {
                self.claims.retain(|name, _| !partitions.contains(name));
            }
            _ => {}
        }
    }

    fn owned(&self) -> BTreeSet<Partition> {
        self.claims.keys().cloned().collect()
    }

    /// The next commit of a partition, under a claim.
    async fn commit(
        &mut self,
        partition: &Partition,
        claim: &Claim,
        seq: u64,
    ) -> Result<Committed> {
        let sealed = Sealed {
            partition: partition.clone(),
            token: claim.token,
            seq,
            next: Offset(seq),
            mark: None,
            ended: false,
            fingerprint: "graph".into(),
            saved: Vec::new(),
            dead: Vec::new(),
            counts: Counts::default(),
            tallies: BTreeMap::new(),
        };
        let tx = self.store.begin().await?;
        self.store.commit(tx, &[sealed]).await
    }
}

/// Steps both until they share all partitions.
async fn share(one: &mut Member, other: &mut Member) {
    let start = now();
    let all = usize::try_from(crate::feed::PARTITIONS).unwrap();
    while one.owned().is_empty()
        || other.owned().is_empty()
        || one.owned().union(&other.owned()).count() < all
        || !one.owned().is_disjoint(&other.owned())
    {
        assert!(
            start.elapsed() < PATIENCE,
            "{:?} {:?}",
            one.owned(),
            other.owned()
        );
        one.step().await;
        other.step().await;
    }
}

fn block_on(future: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread();
    { runtime }.enable_all().build().unwrap().block_on(future);
}

/// A member commits a partition that went to another meanwhile: its check came before, and what it
/// sends arrives after the other has committed. Returns its outcome.
async fn a_late_commit(feed: &Feed, protocol: Protocol, bug: Bug) -> Committed {
    let mut first = Member::join(feed, protocol, bug);
    let start = now();
    while first.owned().len() < usize::try_from(crate::feed::PARTITIONS).unwrap() {
        assert!(start.elapsed() < PATIENCE);
        first.step().await;
    }
    let claims = first.claims.clone();
    let assigned = |partition: &Partition| first.members.inner.assigned(partition).unwrap();
    let before = claims.keys().map(|name| (name.clone(), assigned(name)));
    let before: BTreeMap<_, _> = before.collect();
    let mut second = Member::join(feed, protocol, bug);
    share(&mut first, &mut second).await;
    let moved = second.owned().into_iter().next().unwrap();
    let mut kept = first.owned();
    *first.members.kept.lock().unwrap() = kept.pop_first();
    let claim = second.claims.get(&moved).unwrap().clone();
    let answer = second.commit(&moved, &claim, 1).await.unwrap();
    assert_eq!(answer, Committed::Done, "{protocol:?}");
    let late = claims.get(&moved).unwrap();
    *first.members.before.lock().unwrap() = before;
    let answer = first.commit(&moved, late, 1).await.unwrap();
    // What stayed goes on, under its new assignment.
    first.members.before.lock().unwrap().clear();
    let stayed = first.owned().into_iter().next().unwrap();
    let claim = first.claims.get(&stayed).unwrap().clone();
    let goes_on = first.commit(&stayed, &claim, claim.seq + 1).await.unwrap();
    assert_eq!(goes_on, Committed::Done, "{protocol:?}");
    answer
}

#[test]
fn a_commit_that_arrives_after_the_hand_over_is_refused_in_each_protocol() {
    let Some(brokers) = xtask::kafka::for_tests() else {
        return;
    };
    std::thread::scope(|scope| {
        for protocol in PROTOCOLS {
            scope.spawn(move || {
                let feed = Feed::start(brokers);
                block_on(async {
                    let answer = a_late_commit(&feed, protocol, Bug::None).await;
                    assert!(matches!(answer, Committed::Fenced(_)), "{protocol:?}");
                });
                feed.stop();
            });
        }
    });
}

#[test]
fn planted_what_is_fetched_at_the_commit_lets_a_late_one_through() {
    let Some(brokers) = xtask::kafka::for_tests() else {
        return;
    };
    let feed = Feed::start(brokers);
    block_on(async {
        let bug = Bug::FetchedAtCommit;
        let answer = a_late_commit(&feed, Protocol::CooperativeSticky, bug).await;
        assert_eq!(answer, Committed::Done, "so the test above would find it");
    });
    feed.stop();
}

/// Two members commit by turns.
async fn by_turns(feed: &Feed, bug: Bug) -> Result<()> {
    let mut members = [(); 2].map(|()| Member::join(feed, Protocol::default(), bug));
    let [one, other] = &mut members;
    share(one, other).await;
    for _ in 0..3 {
        for member in &mut members {
            let owned = member.owned().into_iter().next().unwrap();
            let mut claim = member.claims.get(&owned).unwrap().clone();
            let answer = member.commit(&owned, &claim, claim.seq + 1).await?;
            assert_eq!(answer, Committed::Done);
            claim.seq += 1;
            member.claims.insert(owned, claim);
        }
    }
    Ok(())
}

#[test]
fn members_do_not_fence_each_other_and_a_fixed_transactional_id_is_found() {
    let Some(brokers) = xtask::kafka::for_tests() else {
        return;
    };
    let feeds = [(); 2].map(|()| Feed::start(brokers));
    block_on(async {
        let [one, other] = &feeds;
        by_turns(one, Bug::None).await.unwrap();
        let error = by_turns(other, Bug::OneTransactionalId).await.unwrap_err();
        println!("a fixed transactional id: {error}");
        assert!(error.is_retryable());
    });
    for feed in feeds {
        feed.stop();
    }
}
