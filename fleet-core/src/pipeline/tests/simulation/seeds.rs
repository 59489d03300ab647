//! Which seeds are run, on all cores, and what is kept of one that fails.

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

/// Seeds that failed once; they are run before all others.
const REGRESSIONS: &str = include_str!("regressions.txt");
const REGRESSIONS_FILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/src/pipeline/tests/simulation/regressions.txt"
);

/// The seeds of [`REGRESSIONS`]: one in a line, then why it is there.
pub(super) fn regressions() -> Vec<u64> {
    let seeds = REGRESSIONS.lines().filter_map(|line| {
        let seed = line.split_whitespace().next()?;
        (!seed.starts_with('#')).then(|| seed.parse().expect("a line begins with a seed"))
    });
    seeds.collect()
}

/// The seed in `FLEET_SEED`, or `count` seeds that were never run before: they begin with the nanoseconds of
/// the clock.
pub(super) fn fresh(count: u64) -> Range<u64> {
    let asked = std::env::var("FLEET_SEED");
    if let Some(seed) = asked.ok().and_then(|seed| seed.parse().ok()) {
        return seed..seed + 1;
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "each run of the tests has seeds of its own"
    )]
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH).unwrap();
    let first = since.as_nanos() as u64;
    first..first + count
}

/// How many seeds: `FLEET_SEEDS`, or 10,000 in CI, or few enough not to be waited for.
pub(super) fn count() -> u64 {
    let asked = std::env::var("FLEET_SEEDS");
    let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    let usual = if in_ci { 10_000 } else { 300 };
    asked
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(usual)
}

/// One seed in a world of its own.
pub(super) fn one(seed: u64, seen: &mut Coverage) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(holds(seed, seen))
}

/// Runs the seeds on all cores, until one fails.
///
/// # Errors
/// The first that failed, why, and how to repeat it.
pub(super) fn run(seeds: &[u64]) -> Result<Coverage, String> {
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
        Some((seed, why)) => {
            keep(seed, &why);
            Err(format!(
                "seed {seed}: {why}\nrepeat it: FLEET_SEED={seed} cargo test -p fleet-core --all-features simulation"
            ))
        }
    }
}

/// Writes a seed that failed to the regressions, so that it comes first from now on.
fn keep(seed: u64, why: &str) {
    let file = OpenOptions::new().append(true).open(REGRESSIONS_FILE);
    let line = why.lines().next().unwrap_or_default();
    // A read-only checkout has the message of the test.
    if let (Ok(mut file), false) = (file, regressions().contains(&seed)) {
        let _ = writeln!(file, "{seed} {line}");
    }
}
