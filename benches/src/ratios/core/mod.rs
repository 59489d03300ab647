//! The job of F1 without reading and decoding: three rules and minute windows over events in
//! memory.

mod handwritten;
mod library;

use std::time::Duration;

use super::{sample::samples, side_by_side::medians};

/// The number of vehicles.
const VEHICLES: usize = 1_000;

/// Compares both sides over the same events, at bounds of 0 and of 5 s.
pub(crate) fn run(events: usize) {
    let rows = samples(events, VEHICLES);
    println!("core: {events} events of 48 bytes, {VEHICLES} vehicles, median of 5, interleaved");
    for seconds in [0, 5] {
        let bound = Duration::from_secs(seconds);
        let [hand, ours] = medians(|| handwritten::run(&rows), || library::run(&rows, bound));
        let nanos = |took: Duration| took.as_secs_f64() * 1e9 / events as f64;
        println!(
            "  bound {seconds} s: hand-written loop {:5.1} ns an event, this library {:5.1} ns, ratio {:.2}",
            nanos(hand),
            nanos(ours),
            hand.as_secs_f64() / ours.as_secs_f64()
        );
    }
}

/// Runs this library alone, for a profiler: many times over the same events, so that making them
/// does not dominate the profile.
pub(crate) fn profile(times: u32, seconds: u32) {
    let rows = samples(200_000, VEHICLES);
    for _ in 0..times {
        library::run(&rows, Duration::from_secs(seconds.into()));
    }
}
