//! What a commit costs that holds few changed keys among many.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use fleet_core::pipeline::{EpochLimits, Snapshots};

use super::{
    growth::{child, now, run},
    ready::Ready,
    sample::{Sample, samples},
};

/// How many keys change between two commits, and how many commits are measured.
const CHANGED: usize = 1_000;
const COMMITS: usize = 200;

/// A commit of 1 k changed keys, among 1 k to 1 M.
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

/// Prints the nanoseconds of one commit; for the process that [`checkpoint`] starts.
pub(crate) fn child_main(words: &[String]) {
    let keys = words.get(1).unwrap().parse().unwrap();
    let rows = changes(keys);
    let with = took(&rows, keys, CHANGED as u64);
    let without = took(&rows, keys, u64::MAX);
    let one = with.saturating_sub(without).as_nanos() as f64 / COMMITS as f64;
    println!("{one} 0");
}

/// Every key once, then the same thousand, spread over all keys, again and again.
fn changes(keys: usize) -> Arc<Vec<Sample>> {
    let rows = samples(keys, keys);
    let spread = (0..CHANGED * COMMITS).filter_map(|number| {
        let (round, place) = (number / CHANGED, number % CHANGED);
        let mut row = *rows.get(place * (keys / CHANGED))?;
        row.at += i64::try_from(round + 1).ok()? * 500_000;
        Some(row)
    });
    Arc::new(rows.iter().copied().chain(spread).collect())
}

/// How long the changes take with a commit after so many of them.
fn took(rows: &Arc<Vec<Sample>>, keys: usize, commit: u64) -> Duration {
    let marks = Arc::new(Mutex::new(Vec::new()));
    let (told, all) = (Arc::clone(&marks), rows.len());
    // The second batch of changes is the first that finds everything in place.
    let source = Ready::new(rows).by(CHANGED).telling(move |given| {
        if given == keys || given == all {
            told.lock().unwrap().push(now());
        }
    });
    let limits = EpochLimits {
        rows: commit,
        results: usize::MAX,
        bytes: usize::MAX,
        interval: Duration::from_secs(3_600),
    };
    run(source, 3, (limits, Snapshots::EveryCommit));
    let marks = marks.lock().unwrap();
    *marks.last().unwrap() - *marks.first().unwrap()
}
