//! Apache Kafka, beside a bare loop over its client: reading, producing, a whole job, and latency.

mod bare;
mod job;
mod latency;
mod produce;
pub(crate) mod store;
mod timed;
mod topic;

use std::time::Duration;

use super::{input::Input, library};
use topic::Topic;

/// How often each side runs. The sides take turns.
const ROUNDS: usize = 5;

/// Prints the ratios. Skipped by name without Java.
pub(crate) fn run(events: u32) {
    let Some(brokers) = xtask::kafka::for_tests() else {
        println!("kafka: skipped, no broker can be started");
        return;
    };
    let input = Input::new(events);
    let topic = Topic::filled(brokers, input.path());
    let [mut bare, mut rows, mut whole, mut file] = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        bare.push(bare::read(&topic));
        rows.push(job::rows(&topic));
        whole.push(job::rules(&topic));
        file.push(f1(&input));
    }
    let [bare, rows, whole, file] = [bare, rows, whole, file].map(median);
    let rate = |took: Duration| f64::from(events) / took.as_secs_f64() / 1e3;
    let ratio = |slow: Duration, ours: Duration| slow.as_secs_f64() / ours.as_secs_f64();
    println!("kafka: {events} records of about 234 bytes, median of {ROUNDS}, interleaved");
    println!("  bare consumer loop          {:6.0} k/s", rate(bare));
    println!(
        "  source to rows of the graph {:6.0} k/s, ratio {:.2}",
        rate(rows),
        ratio(bare, rows)
    );
    println!("  F1 from a file              {:6.0} k/s", rate(file));
    println!(
        "  topic, decode, rules, null  {:6.0} k/s, ratio {:.2} to the slower of both",
        rate(whole),
        ratio(bare.max(file), whole)
    );
    produce::run(brokers, events);
    latency::run(brokers, events);
}

fn f1(input: &Input) -> Duration {
    #[expect(clippy::disallowed_methods, reason = "a bench measures time")]
    let start = std::time::Instant::now();
    library::run(input.path());
    start.elapsed()
}

fn median(mut took: Vec<Duration>) -> Duration {
    took.sort_unstable();
    took.get(took.len() / 2).copied().unwrap_or_default()
}
