//! F1: decode, three keyed rules, minute windows; file to null sink.

use super::{hand, input::Input, ours, side_by_side::medians};

/// Runs both sides over the same file and prints the ratio.
pub(crate) fn run(events: u32) {
    let input = Input::new(events);
    let [hand, ours] = medians(|| hand::run(input.path()), || ours::run(input.path()));
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
