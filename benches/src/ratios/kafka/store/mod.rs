//! From topic to topic: exactly once with `KafkaStore`, beside at least once, and beside a bare
//! producer with transactions; how long a commit takes; and how long a restore does.

mod commits;
mod job;
mod restore;

use super::{ROUNDS, Topic, median};
use crate::input::Input;

/// Prints the figures. Skipped by name without Java.
pub(crate) fn run(events: u32) {
    let Some(brokers) = xtask::kafka::for_tests() else {
        println!("kafka-store: skipped, no broker can be started");
        return;
    };
    let input = Input::new(events);
    let topic = Topic::filled(brokers, input.path());
    let [mut bare, mut least, mut once] = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        bare.push(job::bare(&topic));
        least.push(job::at_least_once(&topic));
        once.push(job::exactly_once(&topic));
    }
    let [bare, least, once] = [bare, least, once].map(median);
    let rate = |took: std::time::Duration| f64::from(events) / took.as_secs_f64() / 1e3;
    let beside = |other: std::time::Duration| other.as_secs_f64() / once.as_secs_f64();
    println!("kafka-store: {events} records from topic to topic, median of {ROUNDS}, interleaved");
    println!(
        "  bare producer, transactions {:6.0} k/s of ready bytes",
        rate(bare)
    );
    println!("  at least once               {:6.0} k/s", rate(least));
    println!(
        "  exactly once                {:6.0} k/s, ratio {:.2} to at least once, {:.2} to bare",
        rate(once),
        beside(least),
        beside(bare)
    );
    commits::run(brokers, events);
    restore::run(brokers, events);
}
