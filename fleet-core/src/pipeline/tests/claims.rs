//! Claims beside the loop: back-off, places, and what a claim that waits holds up.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

use super::model::Reading;
use crate::{
    contracts::MemoryStore,
    data::Partition,
    engine::{
        graph::Graph,
        order::Order,
        task::{KeyLimits, Plan},
    },
    pipeline::{Retry, claims::Claims, observe::Observer, retry::RetryContext, stop::Stop},
    testing::{Fault, Faults, FaultyStore, Operation},
};

type Under<S> = Claims<S, Reading>;

fn claims<S: crate::contracts::checkpoint::CheckpointStore>(store: S) -> Under<S> {
    let plan = Arc::new(Plan {
        name: "test".into(),
        reading: String::new(),
        order: Order::default(),
        by_arrival: false,
        graph: Graph::new().0,
        outlets: Vec::new(),
        tallies: Vec::new(),
        keys: KeyLimits::default(),
        isolate: false,
        clock: None,
    });
    let observer = Arc::new(Observer::new(&plan, watch::Sender::default(), None));
    let retry = RetryContext {
        policy: Retry::default(),
        observer,
        stop: Stop::default(),
    };
    Claims::new(store, plan, 1, retry)
}

fn named(name: &str) -> Partition {
    Partition::new(name)
}

/// How long the next claim takes, and of which partition it is.
async fn next(claims: &mut Under<MemoryStore>) -> (Partition, Duration) {
    let began = Instant::now();
    let claimed = timeout(Duration::from_secs(60), claims.next()).await;
    let claimed = claimed.expect("a claim hangs").unwrap();
    assert!(claimed.restored.is_ok());
    (claimed.partition, began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn each_fence_doubles_the_back_off_and_a_commit_ends_it() {
    let mut claims = claims(MemoryStore::default());
    let Retry { first, longest, .. } = Retry::default();
    let mut waits = Vec::new();
    for _ in 0..10 {
        claims.add(named("p"));
        waits.push(next(&mut claims).await.1);
        claims.was_fenced(&named("p"));
    }
    let doubled = (0..9).map(|times| (first * 2u32.pow(times)).min(longest));
    assert_eq!(
        waits,
        [Duration::ZERO]
            .into_iter()
            .chain(doubled)
            .collect::<Vec<_>>()
    );
    claims.was_committed(&named("p"));
    claims.add(named("p"));
    assert_eq!(next(&mut claims).await, (named("p"), Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn fenced_partitions_hold_up_no_other() {
    let mut claims = claims(MemoryStore::default());
    for name in ["a", "b", "c", "d", "e"] {
        for _ in 0..20 {
            claims.was_fenced(&named(name));
        }
        claims.add(named(name));
    }
    claims.add(named("healthy"));
    assert_eq!(next(&mut claims).await, (named("healthy"), Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn claims_that_are_retried_hold_up_no_other() {
    let refused = (1..=4).map(|call| (Operation::Claim, call, Fault::Refused));
    let store = FaultyStore::new(MemoryStore::default(), &Faults::at(refused));
    let mut claims = claims(store);
    for name in ["a", "b", "c", "d", "healthy"] {
        claims.add(named(name));
    }
    let began = Instant::now();
    let first = claims.next().await.unwrap();
    assert_eq!(first.partition, named("healthy"));
    assert_eq!(began.elapsed(), Duration::ZERO);
    for _ in 0..4 {
        assert!(claims.next().await.unwrap().restored.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_is_given_up_makes_room_and_is_not_taken_for_its_successor() {
    let mut claims = claims(MemoryStore::default());
    for name in ["a", "b", "c", "d", "e", "f"] {
        claims.add(named(name));
    }
    claims.give_up(&[named("a"), named("b")]);
    assert!(!claims.is_claiming(&named("a")) && claims.is_claiming(&named("c")));
    claims.add(named("a"));
    let mut seen = Vec::new();
    while claims.is_busy() {
        seen.push(next(&mut claims).await.0);
    }
    seen.sort();
    assert_eq!(seen, ["a", "c", "d", "e", "f"].map(named));
}
