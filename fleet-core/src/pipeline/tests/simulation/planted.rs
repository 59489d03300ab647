//! Plants each known bug in turn, and checks that some seed fails: the simulation can find bugs.

use std::{
    panic::catch_unwind,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{seeds::one, world::Coverage};
use crate::planted::{Bug, plant};

/// The number of seeds within which each bug must be found.
const WITHIN: u64 = 200;

/// Returns the first seed that fails with this bug, and its failure.
fn caught(bug: Bug) -> Option<(u64, String)> {
    plant(Some(bug));
    let first = (0..WITHIN).find_map(|seed| Some((seed, failure(seed)?)));
    plant(None);
    first
}

/// Returns the failure of a seed. A panic counts as a failure.
fn failure(seed: u64) -> Option<String> {
    let run = || one(seed, &mut Coverage::new()).err();
    catch_unwind(run).unwrap_or_else(|_| Some("a panic".into()))
}

#[test]
fn every_planted_bug_is_caught() {
    let of_one_log = Bug::ALL.iter().filter(|bug| !Bug::OF_ZIPS.contains(bug));
    let bugs: Vec<_> = of_one_log.copied().collect();
    let next = AtomicUsize::new(0);
    let missed = Mutex::new(Vec::new());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(bug) = bugs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match caught(*bug) {
                        Some((seed, why)) => println!("{bug:?}: caught at seed {seed}: {why}"),
                        None => missed.lock().unwrap().push(*bug),
                    }
                }
            });
        }
    });
    let missed = missed.into_inner().unwrap();
    assert!(
        missed.is_empty(),
        "not caught within {WITHIN} seeds: {missed:?}"
    );
    println!("{} bugs, each caught within {WITHIN} seeds", bugs.len());
}
