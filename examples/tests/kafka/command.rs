//! Topics as where the command writes to: simulated events, and the results of a run.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::{Command, Output},
    time::Duration,
};

use rdkafka::{
    ClientConfig, Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    message::Headers,
};
use serde_json::Value;
use xtask::kafka;

/// How long a broker may take for anything.
const PATIENCE: Duration = Duration::from_secs(30);

/// A record as another program sees it.
#[derive(Debug)]
struct Read {
    key: String,
    value: String,
    headers: BTreeMap<String, String>,
}

/// Reads a topic from its beginning to its end, each partition in its order.
fn read(brokers: &str, topic: &str) -> Vec<Read> {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", brokers)
        .set("group.id", "reader of tests");
    let consumer: BaseConsumer = config.create().unwrap();
    let metadata = consumer.fetch_metadata(Some(topic), PATIENCE).unwrap();
    let mut from = TopicPartitionList::new();
    let mut missing = 0;
    for partition in metadata.topics().first().unwrap().partitions() {
        let (begin, end) = consumer
            .fetch_watermarks(topic, partition.id(), PATIENCE)
            .unwrap();
        missing += end - begin;
        from.add_partition_offset(topic, partition.id(), Offset::Beginning)
            .unwrap();
    }
    consumer.assign(&from).unwrap();
    let mut records = Vec::new();
    while missing > 0 {
        let record = consumer.poll(PATIENCE).unwrap().unwrap();
        missing -= 1;
        let headers = record.headers().into_iter().flat_map(Headers::iter);
        records.push(Read {
            key: text(record.key()),
            value: text(record.payload()),
            headers: headers
                .map(|header| (header.key.to_owned(), text(header.value)))
                .collect(),
        });
    }
    records
}

fn text(bytes: Option<&[u8]>) -> String {
    String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
}

/// Runs the command in a folder, and returns what it said.
fn fleet(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
    let said = command
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let why = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "{arguments:?}: {why}");
    said
}

/// The rows of a table of a folder of NDJSON files, as JSON.
fn rows(folder: &Path, table: &str) -> Vec<String> {
    let lines = std::fs::read_to_string(folder.join(format!("{table}.ndjson"))).unwrap();
    lines.lines().map(str::to_owned).collect()
}

fn sorted(lines: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<_> = lines.into_iter().collect();
    lines.sort_unstable();
    lines
}

#[test]
fn simulated_events_and_results_go_to_topics_under_the_keys_of_their_vehicles() {
    let Some(brokers) = kafka::for_tests() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let id = std::process::id();
    let (raw, results) = (format!("raw.{id}"), format!("results.{id}"));
    let simulate = |to: &str| {
        let each = ["--vehicles", "7", "--duration", "5m", "--seed", "3"];
        let simulate = ["simulate", "--dialect", "vehicleops", "--to", to];
        fleet(folder, &[&simulate[..], &each[..]].concat());
    };
    simulate("raw.ndjson");
    simulate(&format!("kafka:{brokers}/{raw}"));
    let lines = std::fs::read_to_string(folder.join("raw.ndjson")).unwrap();
    let records = read(brokers, &raw);
    let values = records.iter().map(|record| record.value.clone());
    assert_eq!(sorted(values), sorted(lines.lines().map(str::to_owned)));
    for record in &records {
        let value: Value = serde_json::from_str(&record.value).unwrap();
        assert_eq!(value.get("vehicle_id").unwrap(), record.key.as_str());
    }

    let replay = |sink: &str| {
        let replay = ["replay", "raw.ndjson", "--dialect", "vehicleops", "--sink"];
        fleet(folder, &[&replay[..], &[sink]].concat())
    };
    replay("ndjson:rows");
    replay(&format!("kafka:{brokers}/{results}.{{table}}"));
    replay(&format!("kafka:{brokers}/{results}"));
    let all = read(brokers, &results);
    for table in ["telemetry", "alerts", "windows"] {
        let expected = rows(&folder.join("rows"), table);
        assert!(!expected.is_empty(), "{table}");
        let own = read(brokers, &format!("{results}.{table}"));
        let mixed = all.iter().filter(|record| {
            let of = record.headers.get("table");
            of.is_some_and(|of| of == table)
        });
        let own_values = own.iter().map(|record| record.value.clone());
        let mixed_values = mixed.clone().map(|record| record.value.clone());
        assert_eq!(sorted(own_values), sorted(expected.clone()), "{table}");
        assert_eq!(sorted(mixed_values), sorted(expected), "{table}");
        for record in own.iter().chain(mixed) {
            let value: Value = serde_json::from_str(&record.value).unwrap();
            assert_eq!(value.get("vehicle_id").unwrap(), record.key.as_str());
        }
        let ids: BTreeSet<_> = own
            .iter()
            .map(|record| record.headers.get("content-id"))
            .collect();
        assert_eq!(ids.len(), own.len(), "{table}: each row has its own id");
    }

    // Run again, each finds its position, and nothing is produced twice.
    let again = replay(&format!("kafka:{brokers}/{results}"));
    let said = String::from_utf8_lossy(&again.stdout).into_owned();
    assert_eq!(read(brokers, &results).len(), all.len(), "{said}");
}
