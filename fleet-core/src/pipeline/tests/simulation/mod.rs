//! Simulates whole pipelines under every kind of fault, and compares them with plain loops over the
//! same input.
//!
//! A seed decides what six vehicles send, how three logs order it, how it is cut into batches and
//! epochs, and which operations fail in which way. Processes crash and restart until the input has
//! ended. Then the store must hold exactly what [`reference`] computes, and at no moment may a
//! guarantee that [`audit`] checks be violated.

mod audit;
mod brittle;
mod compare;
mod coverage;
mod dice;
mod disturb;
mod every_step;
mod input;
mod planted;
mod queue;
mod reference;
mod run_audit;
pub(super) mod seeds;
mod trouble;
mod world;

pub(super) use dice::Dice;
pub(super) use reference::plain;
pub(super) use trouble::{is_injected, trouble};
pub(super) use world::Coverage;
use world::FAULTS;

#[test]
fn prop_any_fault_gives_the_rows_of_a_plain_loop() {
    let chosen = seeds::chosen();
    println!("{} seeds from {}", chosen.end - chosen.start, chosen.start);
    let seeds: Vec<_> = seeds::regressions().into_iter().chain(chosen).collect();
    let seen = seeds::run(&seeds).unwrap_or_else(|why| panic!("{why}"));
    coverage::print(&seen, seeds.len());
    coverage::is_whole(&seen, seeds.len());
}

#[test]
#[ignore = "long: cargo xtask soak"]
#[expect(clippy::disallowed_methods, reason = "a soak reports its speed")]
fn soak_a_million_seeds() {
    const PART: usize = 20_000;
    let began = std::time::Instant::now();
    let seeds: Vec<_> = seeds::fresh(1_000_000).collect();
    println!("{} seeds from {}", seeds.len(), seeds[0]);
    let (mut seen, mut done) = (Coverage::new(), 0);
    for part in seeds.chunks(PART) {
        let more = seeds::run(part).unwrap_or_else(|why| panic!("{why}"));
        coverage::add(&mut seen, more);
        done += part.len();
        let rate = done as f64 / began.elapsed().as_secs_f64();
        println!("{done} seeds, {rate:.0} a second");
    }
    coverage::print(&seen, done);
    coverage::is_whole(&seen, done);
}
