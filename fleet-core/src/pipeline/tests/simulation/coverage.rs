//! Counts what a run of seeds really covered: a fault that never happened proves nothing.

use std::{fmt::Write as _, time::Duration};

use super::world::Coverage;
use crate::testing::{Fault, Operation};

/// Everything besides faults that must have happened.
const MORE: [&str; 38] = [
    "a batch",
    "a death over a queue",
    "a queue read to its end",
    "messages of queues",
    "a batch with a mark",
    "a stray batch",
    "a tick",
    "a revocation under restore",
    "a loss under restore",
    "a fence in a group",
    "an epoch saved after an error of the source",
    "an assignment",
    "a revocation",
    "a hasty revocation",
    "a loss",
    "idleness",
    "an end",
    "a replay",
    "a panic",
    "a death",
    "a process fenced out",
    "a process that gave up",
    "a process that ended",
    "committed one partition",
    "committed several partitions",
    "fenced some partitions",
    "fenced all partitions",
    "asked: it is committed",
    "asked: it is not committed",
    "asked: it is someone else's",
    "late records",
    "records where rows may revise",
    "duplicate records",
    "filtered records",
    "dead letters",
    "records with log times",
    "records too far ahead",
    "late rows in a table",
];

/// The faults that this operation can suffer.
fn faults(operation: Operation) -> impl Iterator<Item = Fault> {
    let all = Fault::all(0, Duration::ZERO, 0);
    all.into_iter().filter(move |fault| fault.fits(operation))
}

fn count(seen: &Coverage, what: &str) -> u64 {
    seen.get(what).copied().unwrap_or(0)
}

/// Adds the coverage of another run.
pub(super) fn add(to: &mut Coverage, seen: Coverage) {
    for (what, count) in seen {
        *to.entry(what).or_default() += count;
    }
}

/// Prints one line for each operation: how often it was called, then each of its faults.
pub(super) fn print(seen: &Coverage, seeds: usize) {
    println!("{seeds} seeds, {} records", count(seen, "records"));
    for operation in Operation::ALL {
        let mut line = format!("{operation}: {}", count(seen, &operation.to_string()));
        for fault in faults(operation) {
            let word = fault.word();
            let happened = count(seen, &format!("{operation} {word}"));
            let _ = write!(line, " · {word} {happened}");
        }
        println!("{line}");
    }
    let more = MORE.map(|what| format!("{what} {}", count(seen, what)));
    println!("{}", more.join(" · "));
}

/// The number of seeds that cover everything. Our choice, by measurement: the rarest event happens
/// ten times in as many.
const ENOUGH: usize = 3_000;

/// Prints what never happened, and fails if there were enough seeds.
pub(super) fn is_whole(seen: &Coverage, seeds: usize) {
    let faults = Operation::ALL.into_iter().flat_map(|operation| {
        faults(operation).map(move |fault| format!("{operation} {}", fault.word()))
    });
    let all = faults.chain(MORE.map(str::to_owned));
    let never: Vec<_> = all.filter(|what| count(seen, what) == 0).collect();
    println!("never happened: {never:?}");
    assert!(
        never.is_empty() || seeds < ENOUGH,
        "never happened: {never:?}"
    );
}
