//! F1 without reading and decoding: three rules and minute windows over events in memory.

mod hand;
mod ours;

use std::time::Duration;

use super::{sample::samples, side_by_side::medians};

/// How many vehicles.
const VEHICLES: usize = 1_000;

/// Runs both sides over the same events, for a bound of 0 and of 5 s.
pub(crate) fn run(events: usize) {
    let rows = samples(events, VEHICLES);
    println!("core: {events} events of 48 bytes, {VEHICLES} vehicles, median of 5, interleaved");
    for seconds in [0, 5] {
        let bound = Duration::from_secs(seconds);
        let [by_hand, by_us] = medians(|| hand::run(&rows), || ours::run(&rows, bound));
        let nanos = |took: Duration| took.as_secs_f64() * 1e9 / events as f64;
        println!(
            "  bound {seconds} s: hand-written loop {:5.1} ns an event, this library {:5.1} ns, ratio {:.2}",
            nanos(by_hand),
            nanos(by_us),
            by_hand.as_secs_f64() / by_us.as_secs_f64()
        );
    }
}

/// One side alone, for a profiler: so often over the same events, which take a while to make.
pub(crate) fn profile(times: u32, seconds: u32) {
    let rows = samples(200_000, VEHICLES);
    for _ in 0..times {
        ours::run(&rows, Duration::from_secs(seconds.into()));
    }
}
