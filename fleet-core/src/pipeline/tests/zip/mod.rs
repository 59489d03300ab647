//! Zipped logs, compared with a plain loop over one sorted log.

mod cases;
mod extremes;
mod lanes;
mod live;
mod members;
mod merged;
mod several;
mod silence;
mod world;

use crate::{
    pipeline::tests::simulation::{Coverage, seeds},
    planted::{Bug, plant},
};

fn one(seed: u64, seen: &mut Coverage) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(world::holds(seed, seen))
}

fn run(seeds: &[u64]) -> Coverage {
    seeds::each(seeds, one).unwrap_or_else(|(seed, why)| {
        panic!("seed {seed}: {why}\nrepeat it: FLEET_SEED={seed} cargo test -p fleet-core zip")
    })
}

fn print(seen: &Coverage, seeds: usize) {
    let seen: Vec<_> = { seen.iter() }
        .map(|(what, times)| format!("{what} {times}"))
        .collect();
    println!("{seeds} seeds: {}", seen.join(" · "));
}

#[test]
fn prop_zipped_logs_give_the_rows_of_one_sorted_log() {
    let seeds: Vec<_> = seeds::chosen().collect();
    let seen = run(&seeds);
    print(&seen, seeds.len());
    // A single seed, for a closer look, need not draw everything.
    if seeds.len() > 100 {
        for what in world::DRAWN {
            assert!(seen.get(*what).is_some_and(|times| *times > 0), "no {what}");
        }
    }
}

#[test]
#[ignore = "long: cargo xtask soak"]
fn soak_a_million_zips() {
    let seeds: Vec<_> = seeds::fresh(1_000_000).collect();
    println!("{} seeds from {}", seeds.len(), seeds[0]);
    for part in seeds.chunks(50_000) {
        print(&run(part), part.len());
    }
}

#[test]
fn planted_bugs_are_found() {
    for bug in [Bug::ZipByArrival, Bug::MarkLeftOut] {
        let seeds: Vec<_> = (0..500).collect();
        let found = seeds::each(&seeds, |seed, seen| {
            plant(Some(bug));
            let held = one(seed, seen);
            plant(None);
            held
        });
        assert!(found.is_err(), "{bug:?} was not found");
    }
}
