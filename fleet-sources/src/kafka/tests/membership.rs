//! Members join and leave all the time: nothing is lost, stored twice, or stands still.

use std::{collections::VecDeque, thread, time::Duration};

use fleet_core::MemoryStore;

use super::{
    PROTOCOLS,
    crew::{Feed, Watch, Worker, assert_each_once, share, until, wait_for_all},
    rig::{Topic, options, unique},
};
use crate::kafka::{KafkaOptions, Protocol, StartAt, shared::now};

const PARTITIONS: u8 = 6;
/// What a leave may take: sooner than any session ends, also that of the broker (6 s).
const LEFT: Duration = Duration::from_secs(5);
/// What it should take.
const QUICK: Duration = Duration::from_secs(2);

/// As long a session as no leave may wait for.
fn patient(protocol: Protocol) -> KafkaOptions {
    KafkaOptions {
        session_timeout: Duration::from_secs(45),
        ..options(protocol)
    }
}

/// One member joins and the oldest leaves, this many times.
fn members_join_and_leave(protocol: Protocol, times: usize) {
    let Some(topic) = Topic::special(PARTITIONS.into(), &[]) else {
        return;
    };
    let (store, group) = (MemoryStore::default(), unique("members"));
    let join = || {
        let source = topic.open_with(&group, StartAt::Earliest, patient(protocol));
        Worker::start(source, &store)
    };
    let feed = Feed::start(&topic.config(), &topic.name, PARTITIONS.into());
    let watch = Watch::start(&store);
    let mut crew: VecDeque<_> = [join(), join()].into();
    until("two share the partitions", || {
        share(&crew, PARTITIONS.into())
    });
    let mut left = Vec::new();
    for _ in 0..times {
        crew.push_back(join());
        until("a third gets its share", || share(&crew, PARTITIONS.into()));
        let oldest = crew.pop_front().unwrap();
        let from = now();
        oldest.stop().unwrap();
        until("the others have all", || share(&crew, PARTITIONS.into()));
        left.push(from.elapsed());
    }
    let produced = feed.stop();
    wait_for_all(&store, produced);
    let idle = watch.longest();
    for worker in crew {
        assert_eq!(worker.stop().unwrap().unowned_batches, 0);
    }
    assert_each_once(&store, produced);
    left.sort_unstable();
    let slowest = left.last().copied().unwrap_or_default();
    let quick = left.iter().filter(|took| **took <= QUICK).count();
    println!(
        "{protocol:?}: {times} joins and leaves; the others had all after {:.2?} (median), \
         {slowest:.2?} (slowest), {quick} within {QUICK:?}; longest stand-still {idle:.2?}",
        left[left.len() / 2]
    );
    assert!(slowest < LEFT, "{protocol:?}: waited for the session");
}

fn in_each_protocol(times: usize) {
    thread::scope(|scope| {
        for protocol in PROTOCOLS {
            scope.spawn(move || members_join_and_leave(protocol, times));
        }
    });
}

#[test]
fn members_that_join_and_leave_lose_nothing_and_store_nothing_twice() {
    in_each_protocol(10);
}

#[test]
#[ignore = "long"]
fn soak_kafka_members() {
    in_each_protocol(50);
}
