//! How many cases are tried, from which seeds, and how to repeat one.
#![expect(
    clippy::disallowed_methods,
    reason = "a soak takes fresh seeds and runs for a fixed time"
)]

use std::time::{Duration, Instant, SystemTime};

use super::random::Random;

/// The duration of a soak, unless `FLEET_FUZZ_SECONDS` sets another.
const SECONDS: u64 = 60;

/// The interval at which a soak prints its progress.
const PROGRESS: Duration = Duration::from_secs(10);

/// The cases of one run, with seeds counted up from the first.
pub(super) struct Run {
    name: &'static str,
    first: u64,
    until: Until,
}

enum Until {
    Cases(u64),
    Elapsed(Duration),
}

/// The numbers of accepted and refused records.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) accepted: u64,
    pub(super) refused: u64,
}

impl Run {
    /// The same few cases on every run, which take seconds.
    pub(super) fn few(name: &'static str) -> Self {
        Self {
            name,
            first: 1,
            until: Until::Cases(2_500),
        }
    }

    /// Fresh cases for a fixed time, or those from `FLEET_FUZZ_SEED` on.
    pub(super) fn soak(name: &'static str) -> Self {
        let seed = std::env::var("FLEET_FUZZ_SEED").ok();
        let seed = seed.map(|seed| seed.parse().expect("FLEET_FUZZ_SEED is a whole number"));
        let seconds = std::env::var("FLEET_FUZZ_SECONDS").ok();
        let seconds = seconds.map_or(SECONDS, |seconds| {
            seconds
                .parse()
                .expect("FLEET_FUZZ_SECONDS is a whole number")
        });
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let fresh = || {
            since.map_or(0, |since| {
                since.as_secs() << 30 | u64::from(since.subsec_nanos())
            })
        };
        Self {
            name,
            first: seed.unwrap_or_else(fresh),
            until: Until::Elapsed(Duration::from_secs(seconds)),
        }
    }

    /// Tries the cases in turn. One that panics prints its seed and how to repeat it.
    pub(super) fn cases(self, mut case: impl FnMut(&mut Random, &mut Tally)) -> Tally {
        let start = Instant::now();
        let mut printed = Duration::ZERO;
        let mut tally = Tally::default();
        let soak = matches!(self.until, Until::Elapsed(_));
        if soak {
            println!("fuzz {}: from seed {}", self.name, self.first);
        }
        for round in 0.. {
            // The clock is read only now and then, because that takes longer than a case.
            let elapsed = if soak && round % 256 == 0 {
                start.elapsed()
            } else {
                printed
            };
            let done = match self.until {
                Until::Cases(cases) => round == cases,
                Until::Elapsed(time) => elapsed >= time,
            };
            if soak && (done || elapsed >= printed + PROGRESS) {
                printed = elapsed;
                let Tally { accepted, refused } = tally;
                let (name, seconds) = (self.name, elapsed.as_secs());
                println!(
                    "fuzz {name}: {seconds} s, {round} records, {accepted} reads accepted, {refused} refused"
                );
            }
            if done {
                break;
            }
            let seed = self.first.wrapping_add(round);
            let seed_on_panic = SeedOnPanic {
                name: self.name,
                seed,
                soak,
            };
            case(&mut Random::new(seed), &mut tally);
            drop(seed_on_panic);
        }
        tally
    }
}

/// Prints the seed of a case that panics.
struct SeedOnPanic {
    name: &'static str,
    seed: u64,
    soak: bool,
}

impl Drop for SeedOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self { name, seed, soak } = self;
            eprintln!("fuzz {name}: FAILED with seed {seed}");
            if *soak {
                // The tests of chunks lie in a module of their name.
                let test = match name.split_once(' ') {
                    Some((module, name)) => format!("{module}::soak_{name}"),
                    None => format!("soak_{name}"),
                };
                eprintln!(
                    "repeat it: FLEET_FUZZ_SEED={seed} cargo test -p fleet-core --all-features --lib tests::dialect::fuzz::{test} -- --ignored --nocapture"
                );
            }
        }
    }
}
