//! Whole pipelines in a world where everything fails, against plain loops over the same input.
//!
//! A seed decides what six vehicles say, how three logs hold it, how it is cut into batches and epochs, and
//! which operations fail how. Processes die and start until the input has ended; then everything in the store
//! must be what [`reference`] computes, and at no moment may a promise that [`audit`] watches be broken.

mod audit;
mod brittle;
mod coverage;
mod dice;
mod every_step;
mod input;
mod planted;
mod reference;
mod seeds;
mod trouble;
mod world;

pub(super) use dice::Dice;
pub(super) use reference::plain;

#[test]
fn prop_any_fault_gives_the_rows_of_a_plain_loop() {
    let fresh = seeds::fresh(seeds::count());
    println!("{} seeds from {}", fresh.end - fresh.start, fresh.start);
    let seeds: Vec<_> = seeds::regressions().into_iter().chain(fresh).collect();
    let seen = seeds::run(&seeds).unwrap_or_else(|why| panic!("{why}"));
    coverage::print(&seen, seeds.len());
    coverage::is_whole(&seen, seeds.len());
}

#[test]
#[ignore = "long: cargo xtask soak"]
#[expect(clippy::disallowed_methods, reason = "a soak tells how fast it is")]
fn soak_a_million_seeds() {
    const PART: usize = 20_000;
    let began = std::time::Instant::now();
    let seeds: Vec<_> = seeds::fresh(1_000_000).collect();
    println!("{} seeds from {}", seeds.len(), seeds[0]);
    let (mut seen, mut done) = (world::Coverage::new(), 0);
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
