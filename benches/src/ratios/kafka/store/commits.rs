//! How long a commit of `KafkaStore` takes, at intervals.

use std::{collections::BTreeMap, time::Duration};

use fleet_core::{
    EventTime, Offset, Partition, Row, Source, VehicleId,
    checkpoint::{CheckpointStore, Claim, Committed, Counts, Saved, Sealed},
    event::Telemetry,
    sink::TransactionalSink,
    source::SourceEvent,
};
use fleet_sinks::{
    kafka::{KafkaStore, KafkaStoreOptions},
    outbox::OutboxRows,
};
use fleet_sources::KafkaSource;

use crate::kafka::topic::{Topic, now, runtime, unique};

/// The rows of a second.
const RATE: u64 = 10_000;

pub(super) fn run(brokers: &str, events: u32) {
    let commits = if events < 10_000 { 3 } else { 200 };
    for (millis, commits) in [(100, commits), (1000, commits / 5 + 1)] {
        let (interval, rows) = (Duration::from_millis(millis), RATE * millis / 1000);
        let topics = [(); 2].map(|()| Topic::new(brokers));
        let mut took = runtime().block_on(measure(&topics, (interval, rows), commits));
        took.sort_unstable();
        let [p50, p99] = [50, 99].map(|percent| took.get(took.len() * percent / 100).unwrap());
        println!(
            "  commit every {interval:?}, {rows} rows each: p50 {p50:.1?}, p99 {p99:.1?} of {}",
            took.len()
        );
    }
}

async fn measure(
    [from, to]: &[Topic; 2],
    (interval, rows): (Duration, u64),
    commits: usize,
) -> Vec<Duration> {
    let mut source = from.source();
    let (mut store, claims) = claimed(&mut source, &from.brokers).await;
    let messages = OutboxRows::<Telemetry>::new(&to.name).unwrap();
    let mut sink = store.topic_of(messages.with_key(|row| row.vehicle().as_str().to_owned()));
    let batch: Vec<_> = (0..rows).map(row).collect();
    let mut took = Vec::new();
    for seq in 1..=commits as u64 + 5 {
        let begun = now();
        let mut tx = store.begin().await.unwrap();
        let outcome = sink.write(&mut tx, &batch).await.unwrap();
        assert!(outcome.rejected.is_empty());
        let epoch = claims
            .iter()
            .map(|(name, claim)| sealed(name, claim, seq, Vec::new()));
        let epoch: Vec<_> = epoch.collect();
        let start = now();
        assert_eq!(store.commit(tx, &epoch).await.unwrap(), Committed::Done);
        // The first ones meet topics that have just been made.
        if seq > 5 {
            took.push(start.elapsed());
        }
        tokio::time::sleep(interval.saturating_sub(begun.elapsed())).await;
    }
    took
}

/// A new store, with a claim of each partition of the source.
pub(super) async fn claimed(
    source: &mut KafkaSource,
    brokers: &str,
) -> (KafkaStore, BTreeMap<Partition, Claim>) {
    let options = KafkaStoreOptions::default();
    let store = KafkaStore::open(brokers, &unique("commits"), source.membership(), options);
    let mut store = store.unwrap();
    loop {
        if let SourceEvent::Assigned(partitions) = source.next().await.unwrap() {
            let mut claims = BTreeMap::new();
            for partition in partitions {
                let claim = store.claim(&partition).await.unwrap();
                claims.insert(partition, claim);
            }
            return (store, claims);
        }
    }
}

pub(super) fn sealed(partition: &Partition, claim: &Claim, seq: u64, saved: Vec<Saved>) -> Sealed {
    Sealed {
        partition: partition.clone(),
        token: claim.token,
        seq,
        next: Offset(0),
        mark: None,
        ended: false,
        fingerprint: "bench".into(),
        saved,
        dead: Vec::new(),
        counts: Counts::default(),
        tallies: BTreeMap::new(),
    }
}

fn row(number: u64) -> Row<Telemetry> {
    let vehicle = VehicleId::new(&format!("fleet-001-VH-{:04}", number % 1000)).unwrap();
    let at = EventTime::from_micros(1_700_000_000_000_000 + number.cast_signed() * 1000);
    Row::detached(at, Offset(number), Telemetry::new(vehicle, at))
}
