//! How long the state of many keys takes to come back from the changelog.

use fleet_core::checkpoint::{CheckpointStore, Committed, Saved};
use fleet_sinks::kafka::{KafkaStore, KafkaStoreOptions};

use super::commits::{claimed, sealed};
use crate::kafka::topic::{Topic, now, runtime};

/// The bytes of a state: a window of numbers and a rule or two.
const STATE: usize = 100;
/// The keys of a commit.
const BATCH: usize = 100_000;

pub(super) fn run(brokers: &str, events: u32) {
    let keys = if events < 10_000 { 1_000 } else { 1_000_000 };
    let topic = Topic::new(brokers);
    runtime().block_on(async {
        let mut source = topic.source();
        let (mut store, claims) = claimed(&mut source, brokers).await;
        let (partition, claim) = claims.first_key_value().unwrap();
        let saved = |number: usize| Saved {
            node: 1,
            key: format!("fleet-001-VH-{number:07}").into(),
            version: 1,
            bytes: Some(number.to_le_bytes().repeat(STATE / 8)),
        };
        let numbers: Vec<_> = (0..keys).collect();
        let mut bytes = 0;
        let start = now();
        for (seq, batch) in (1..).zip(numbers.chunks(BATCH)) {
            let states: Vec<_> = batch.iter().copied().map(saved).collect();
            let size = |one: &Saved| one.key.len() + one.bytes.as_ref().map_or(0, Vec::len);
            bytes += states.iter().map(size).sum::<usize>();
            let tx = store.begin().await.unwrap();
            let epoch = [sealed(partition, claim, seq, states)];
            assert_eq!(store.commit(tx, &epoch).await.unwrap(), Committed::Done);
        }
        let written = start.elapsed();
        let name = store.pipeline().unwrap().to_owned();
        let again = KafkaStore::open(
            brokers,
            &name,
            source.membership(),
            KafkaStoreOptions::default(),
        );
        let start = now();
        let found = again.unwrap().claim(partition).await.unwrap();
        let took = start.elapsed();
        assert_eq!(found.state.len(), keys);
        let every = |one: &Saved| {
            one.bytes
                .as_ref()
                .is_some_and(|bytes| bytes.len() >= STATE - 8)
        };
        assert!(found.state.iter().all(every));
        println!(
            "  restore of {keys} keys, {:.1} MB: {took:.2?} (written in {written:.2?})",
            bytes as f64 / 1e6
        );
    });
}
