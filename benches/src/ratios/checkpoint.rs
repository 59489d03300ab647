//! The cost of a commit in which few of many keys changed.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use fleet_core::pipeline::{EpochLimits, Snapshots};

use super::{
    growth::{child, now, run},
    in_memory::InMemory,
    sample::{Sample, samples},
};

/// The number of keys that change between two commits, and of commits measured.
const CHANGED: usize = 1_000;
const COMMITS: usize = 200;

/// Measures a commit of 1,000 changed keys among 1,000 to 1,000,000.
pub(crate) fn checkpoint() {
    println!(
        "checkpoint: {CHANGED} keys changed, with rules and windows; us a commit, median of 5"
    );
    let mut first = None;
    for keys in [1_000, 10_000, 100_000, 1_000_000] {
        let mut all: Vec<f64> = (0..5)
            .map(|_| child(&["one-checkpoint", &keys.to_string()]).nanos / 1e3)
            .collect();
        all.sort_unstable_by(f64::total_cmp);
        let micros = all.get(2).copied().unwrap_or_default();
        let first = *first.get_or_insert(micros);
        println!(
            "{keys:>10} keys  {micros:>8.0} us  {:>5.2}x",
            micros / first
        );
    }
}

/// Prints the nanoseconds of one commit; runs in the child process of [`checkpoint`].
pub(crate) fn child_main(words: &[String]) {
    let keys = words.get(1).unwrap().parse().unwrap();
    let rows = changes(keys);
    let with = elapsed(&rows, keys, CHANGED as u64);
    let without = elapsed(&rows, keys, u64::MAX);
    let one = with.saturating_sub(without).as_nanos() as f64 / COMMITS as f64;
    println!("{one} 0");
}

/// Every key once, then repeatedly the same thousand keys, spread over all of them.
fn changes(keys: usize) -> Arc<Vec<Sample>> {
    let rows = samples(keys, keys);
    let spread = (0..CHANGED * COMMITS).filter_map(|number| {
        let (round, index) = (number / CHANGED, number % CHANGED);
        let mut row = *rows.get(index * (keys / CHANGED))?;
        row.at += i64::try_from(round + 1).ok()? * 500_000;
        Some(row)
    });
    Arc::new(rows.iter().copied().chain(spread).collect())
}

/// The time that the changes take with a commit after every `commit` of them.
fn elapsed(rows: &Arc<Vec<Sample>>, keys: usize, commit: u64) -> Duration {
    let times = Arc::new(Mutex::new(Vec::new()));
    let (recorded, all) = (Arc::clone(&times), rows.len());
    // By the second batch of changes, all keys are known and all buffers allocated.
    let source = InMemory::new(rows)
        .batch_size(CHANGED)
        .before_batch(move |given| {
            if given == keys || given == all {
                recorded.lock().unwrap().push(now());
            }
        });
    let limits = EpochLimits {
        records: commit,
        results: usize::MAX,
        bytes: usize::MAX,
        interval: Duration::from_secs(3_600),
    };
    run(source, 3, (limits, Snapshots::EveryCommit));
    let times = times.lock().unwrap();
    *times.last().unwrap() - *times.first().unwrap()
}
