//! Records that cannot be read: compressed in ways that the client knows or not, and damaged on the
//! disk of the broker.

use std::{fs, path::PathBuf, thread, time::Duration};

use fleet_core::MemoryStore;
use rdkafka::{
    ClientConfig,
    admin::{AdminOptions, ResourceSpecifier},
    producer::BaseProducer,
};

use super::{
    crew::{Feed, Worker, assert_each_once, positions, wait_for_all},
    rig::{Topic, block_on, unique},
};
use crate::kafka::{KafkaOptions, StartAt};

fn open(topic: &Topic) -> (Worker, MemoryStore) {
    let store = MemoryStore::default();
    let source = topic.open_with(
        &unique("damage"),
        StartAt::Earliest,
        KafkaOptions::default(),
    );
    (Worker::start(source, &store), store)
}

/// Produces at least one batch, and returns how many records.
fn fill(topic: &Topic) -> u64 {
    let feed = Feed::start(&topic.config(), &topic.name, 1);
    thread::sleep(Duration::from_millis(300));
    feed.stop()
}

/// Whether this build has the codec zstd. Another package of the same build may bring it.
fn has_zstd() -> bool {
    let mut config = ClientConfig::new();
    let made: Result<BaseProducer, _> = config.set("compression.codec", "zstd").create();
    made.is_ok()
}

#[test]
fn topics_are_read_however_they_are_compressed() {
    assert!(has_zstd() || !cfg!(feature = "kafka-zstd"));
    let zstd = has_zstd().then_some("zstd");
    for codec in ["gzip", "snappy", "lz4"].into_iter().chain(zstd) {
        let Some(topic) = Topic::special(1, &[("compression.type", codec)]) else {
            return;
        };
        let produced = fill(&topic);
        let (worker, store) = open(&topic);
        wait_for_all(&store, produced);
        worker.stop().unwrap();
        assert_each_once(&store, produced);
    }
}

#[test]
fn a_codec_that_the_client_lacks_is_named_with_the_feature_that_brings_it() {
    // `topics_are_read_however_they_are_compressed` reads it then.
    if has_zstd() {
        return;
    }
    let Some(topic) = Topic::special(1, &[("compression.type", "zstd")]) else {
        return;
    };
    fill(&topic);
    let (worker, _) = open(&topic);
    let error = worker.fails();
    for part in [
        &*topic.name,
        "/0: ",
        "from offset 0 on",
        "feature `kafka-zstd`",
    ] {
        assert!(error.contains(part), "{error}");
    }
}

/// Where the broker keeps a partition, if it is on this machine.
fn log_of(topic: &Topic) -> Option<PathBuf> {
    let admin = topic.admin();
    let broker = [ResourceSpecifier::Broker(1)];
    let options = AdminOptions::new();
    let told = block_on(admin.describe_configs(&broker, &options)).unwrap();
    let config = told.into_iter().next()?.unwrap();
    let folder = config.get("log.dirs")?.value.clone()?;
    let log = PathBuf::from(folder).join(format!("{}-0/00000000000000000000.log", topic.name));
    log.exists().then_some(log)
}

/// The client skips such a batch and goes on, which would lose its records without a word.
#[test]
fn a_damaged_batch_ends_the_run_where_it_is_and_nothing_behind_it_is_read() {
    let Some(topic) = Topic::special(1, &[]) else {
        return;
    };
    let produced = fill(&topic) + fill(&topic);
    let Some(log) = log_of(&topic) else {
        return;
    };
    let mut bytes = fs::read(&log).unwrap();
    // A batch begins with its first offset and its length: 8 and 4 bytes.
    let length = u32::from_be_bytes(bytes[8..12].try_into().unwrap());
    let second = 12 + usize::try_from(length).unwrap();
    let first_of_second = u64::from_be_bytes(bytes[second..second + 8].try_into().unwrap());
    assert!((1..produced).contains(&first_of_second));
    bytes[second + 100] ^= 1;
    fs::write(&log, bytes).unwrap();
    let (worker, store) = open(&topic);
    let error = worker.fails();
    let from = format!("/0: the records from offset {first_of_second} on");
    assert!(
        error.contains(&from) && error.contains("checksum"),
        "{error}"
    );
    let next = positions(&store).into_values().next().unwrap();
    assert_eq!(next.0, first_of_second);
}
