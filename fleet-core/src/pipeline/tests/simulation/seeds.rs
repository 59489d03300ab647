//! Chooses the seeds, runs them on all cores, and records the ones that fail.
//!
//! A plain test run takes a fixed range of seeds, so that it passes or fails the same way every
//! time. CI and the soak take fresh ones:
//!
//! | variable | effect |
//! |---|---|
//! | `FLEET_SEED=n` | runs only seed `n` |
//! | `FLEET_FRESH_SEEDS=1`, or `CI=true` | takes seeds from the clock that were never run before |
//! | `FLEET_SEEDS=n` | runs `n` seeds; default 300, in CI 10,000 |

use std::{
    fs::OpenOptions,
    io::Write as _,
    ops::Range,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    coverage,
    world::{Coverage, holds},
};

/// The first seed of a plain test run. Our choice: any fixed number does.
const FIRST: u64 = 1_000_000;

/// Seeds that failed once. They run before all others.
const REGRESSIONS: &str = include_str!("regressions.txt");
const REGRESSIONS_FILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/src/pipeline/tests/simulation/regressions.txt"
);

/// Returns the seeds of [`REGRESSIONS`]. Each line begins with a seed, followed by its failure.
pub(super) fn regressions() -> Vec<u64> {
    let seeds = REGRESSIONS.lines().filter_map(|line| {
        let seed = line.split_whitespace().next()?;
        (!seed.starts_with('#')).then(|| seed.parse().expect("a line begins with a seed"))
    });
    seeds.collect()
}

/// Returns the seeds of a test run: the one in `FLEET_SEED`, fresh ones, or a fixed range.
pub(in crate::pipeline::tests) fn chosen() -> Range<u64> {
    // Our choice: 10,000 in CI, and otherwise few enough that nobody waits for them.
    let default = if in_ci() { 10_000 } else { 300 };
    let count = number("FLEET_SEEDS").unwrap_or(default);
    let is_fresh = in_ci() || number("FLEET_FRESH_SEEDS") == Some(1);
    range(number("FLEET_SEED"), count, is_fresh)
}

fn range(one: Option<u64>, count: u64, is_fresh: bool) -> Range<u64> {
    match one {
        Some(seed) => seed..seed + 1,
        None if is_fresh => fresh(count),
        None => FIRST..FIRST + count,
    }
}

/// Returns `count` seeds that were never run before: they begin at the nanoseconds of the clock.
pub(in crate::pipeline::tests) fn fresh(count: u64) -> Range<u64> {
    #[expect(clippy::disallowed_methods, reason = "fresh seeds come from the clock")]
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH).unwrap();
    let first = since.as_nanos() as u64;
    first..first + count
}

#[test]
fn a_plain_run_has_the_same_seeds_each_time_and_a_fresh_one_never_has_them() {
    assert_eq!(range(None, 300, false), FIRST..FIRST + 300);
    assert_eq!(range(Some(7), 300, true), 7..8);
    let fresh = range(None, 300, true);
    assert!(fresh.start > FIRST + 1_000_000_000 && fresh.end - fresh.start == 300);
}

fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}

fn number(variable: &str) -> Option<u64> {
    let value = std::env::var(variable).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{variable}={value} is not a number")),
    )
}

/// Runs one seed.
pub(super) fn one(seed: u64, seen: &mut Coverage) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(holds(seed, seen))
}

/// Runs the seeds on all cores until one fails.
///
/// # Errors
/// Names the first seed that failed, its failure, and how to repeat it.
pub(super) fn run(seeds: &[u64]) -> Result<Coverage, String> {
    each(seeds, one).map_err(|(seed, why)| {
        record_regression(seed, &why);
        format!(
            "seed {seed}: {why}\nrepeat it: FLEET_SEED={seed} cargo test -p fleet-core --all-features simulation"
        )
    })
}

/// Runs something for each seed, on all cores, until it fails for one.
///
/// # Errors
/// Returns the seed that failed first, and why.
pub(in crate::pipeline::tests) fn each(
    seeds: &[u64],
    one: impl Fn(u64, &mut Coverage) -> Result<(), String> + Sync,
) -> Result<Coverage, (u64, String)> {
    let next = AtomicU64::new(0);
    let failed = Mutex::new(None);
    let all = Mutex::new(Coverage::new());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                let mut seen = Coverage::new();
                while failed.lock().unwrap().is_none() {
                    let place = next.fetch_add(1, Ordering::Relaxed) as usize;
                    let Some(seed) = seeds.get(place).copied() else {
                        break;
                    };
                    if let Err(why) = one(seed, &mut seen) {
                        failed.lock().unwrap().get_or_insert((seed, why));
                    }
                }
                coverage::add(&mut all.lock().unwrap(), seen);
            });
        }
    });
    match failed.into_inner().unwrap() {
        None => Ok(all.into_inner().unwrap()),
        Some(failed) => Err(failed),
    }
}

/// Adds a seed that failed to the regressions, so that it runs first from now on.
fn record_regression(seed: u64, why: &str) {
    let file = OpenOptions::new().append(true).open(REGRESSIONS_FILE);
    let line = why.lines().next().unwrap_or_default();
    // In a read-only checkout, the message of the test must do.
    if let (Ok(mut file), false) = (file, regressions().contains(&seed)) {
        let _ = writeln!(file, "{seed} {line}");
    }
}
