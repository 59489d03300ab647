//! F1: decode a file, apply three keyed rules and minute windows, write to a null sink.

use super::{handwritten, input::Input, library, side_by_side::medians};

/// Runs both sides over the same file and prints the ratio of their times.
pub(crate) fn run(events: u32) {
    let input = Input::new(events);
    let [hand, ours] = medians(
        || handwritten::run(input.path()),
        || library::run(input.path()),
    );
    let rate = |took: std::time::Duration| f64::from(events) / took.as_secs_f64() / 1e6;
    println!("f1: {events} events, median of 5, interleaved");
    println!(
        "  hand-written sonic-rs loop  {:6.2} M events/s",
        rate(hand)
    );
    println!(
        "  this library                {:6.2} M events/s",
        rate(ours)
    );
    println!(
        "  ratio                       {:6.2}",
        hand.as_secs_f64() / ours.as_secs_f64()
    );
}
