//! Random commits, rollbacks, fences and restarts, compared with a list of what was committed.

use std::{collections::BTreeMap, fs};

use fleet_core::{
    Partition,
    checkpoint::{CheckpointStore, Claim, Committed},
    sink::TransactionalSink,
    testing::conformance::sealed,
};
use rand::{Rng, SeedableRng};

use crate::{
    files::FileStore,
    sqlite::{Durability, SqliteOptions},
    testing::Sample,
};

const PARTITIONS: [&str; 3] = ["p/0", "p/1", "p/2"];

fn open(folder: &std::path::Path) -> FileStore {
    let options = SqliteOptions {
        durability: Durability::Normal,
        ..SqliteOptions::default()
    };
    FileStore::open_with(folder, "demo", options).unwrap()
}

#[derive(Default)]
struct Model {
    committed: Vec<String>,
    claims: BTreeMap<&'static str, Claim>,
    seq: BTreeMap<&'static str, u64>,
    written: u32,
}

#[tokio::test]
async fn prop_files_hold_what_was_committed_and_nothing_else() {
    for seed in 0..24 {
        let mut random = rand_pcg::Pcg64::seed_from_u64(seed);
        let folder = tempfile::tempdir().unwrap();
        let mut model = Model::default();
        for _ in 0..random.random_range(1..6) {
            run(&mut random, folder.path(), &mut model).await;
            check(folder.path(), &model, seed);
        }
    }
}

/// The life of one process, which may end between any two steps.
async fn run(random: &mut rand_pcg::Pcg64, folder: &std::path::Path, model: &mut Model) {
    let mut store = open(folder);
    let mut ndjson = store.ndjson::<Sample>("samples").unwrap();
    let mut csv = store.csv::<Sample>("samples").unwrap();
    for name in PARTITIONS {
        let claim = store.claim(&Partition::from(name)).await.unwrap();
        assert_eq!(claim.seq, model.seq.get(name).copied().unwrap_or(0));
        model.claims.insert(name, claim);
    }
    for _ in 0..random.random_range(0..12) {
        let mut tx = store.begin().await.unwrap();
        let mut texts = Vec::new();
        for _ in 0..random.random_range(0..4) {
            let mut rows = Vec::new();
            for _ in 0..random.random_range(0..4) {
                model.written += 1;
                let text = format!("row {}\n\"", model.written);
                let mut sample = Sample::new(&text);
                if random.random_bool(0.1) {
                    sample.real = f64::NAN;
                } else {
                    texts.push(text);
                }
                rows.push(sample.row());
            }
            ndjson.write(&mut tx, &rows).await.unwrap();
            csv.write(&mut tx, &rows).await.unwrap();
        }
        let fenced = random.random_bool(0.2);
        let epoch: Vec<_> = PARTITIONS
            .iter()
            .filter(|_| random.random_bool(0.5))
            .map(|name| {
                let seq = model.seq.get(name).copied().unwrap_or(0) + 1;
                let mut sealed = sealed(&Partition::from(*name), &model.claims[name], seq);
                sealed.token -= u64::from(fenced);
                sealed
            })
            .collect();
        match random.random_range(0..4) {
            0 => drop(tx),
            // The process is killed, so nothing is cut.
            1 if random.random_bool(0.3) => {
                let left: Vec<_> = ["samples.ndjson", "samples.csv"]
                    .map(|name| (folder.join(name), fs::read(folder.join(name)).unwrap()))
                    .into();
                drop(tx);
                for (path, bytes) in left {
                    fs::write(path, bytes).unwrap();
                }
                return;
            }
            _ => {
                let names: Vec<_> = epoch
                    .iter()
                    .map(|sealed| sealed.partition.clone())
                    .collect();
                let committed = store.commit(tx, &epoch).await.unwrap();
                if fenced && !epoch.is_empty() {
                    assert_eq!(committed, Committed::Fenced(names));
                } else {
                    assert_eq!(committed, Committed::Done);
                    model.committed.append(&mut texts);
                    for name in PARTITIONS {
                        let moved = names.contains(&Partition::from(name));
                        *model.seq.entry(name).or_default() += u64::from(moved);
                    }
                }
            }
        }
    }
}

fn check(folder: &std::path::Path, model: &Model, seed: u64) {
    let store = open(folder);
    store.ndjson::<Sample>("samples").unwrap();
    store.csv::<Sample>("samples").unwrap();
    let ndjson: Vec<String> = fs::read_to_string(folder.join("samples.ndjson"))
        .unwrap()
        .lines()
        .map(|line| {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            row["text"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(ndjson, model.committed, "seed {seed}");
    let csv: Vec<String> = csv::Reader::from_path(folder.join("samples.csv"))
        .unwrap()
        .records()
        .map(|record| record.unwrap()[0].to_owned())
        .collect();
    assert_eq!(csv, model.committed, "seed {seed}");
    let rows = store.summary().unwrap().tables;
    assert_eq!(
        rows["samples.csv"],
        model.committed.len() as u64,
        "seed {seed}"
    );
}
