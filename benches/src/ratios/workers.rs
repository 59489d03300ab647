//! F1 by this library alone: two workers compared with one.

use std::num::NonZeroUsize;

use super::{input::Input, library, side_by_side::medians};

pub(crate) const TWO: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);

/// Runs both over the same file and prints the ratio of their times.
pub(crate) fn run(events: u32) {
    let input = Input::new(events);
    let [one, two] = medians(
        || library::run(input.path()),
        || library::run_by(TWO, input.path()),
    );
    let rate = |took: std::time::Duration| f64::from(events) / took.as_secs_f64() / 1e6;
    println!("f1 by workers: {events} events, median of 5, interleaved");
    println!("  one worker                  {:6.2} M events/s", rate(one));
    println!("  two workers                 {:6.2} M events/s", rate(two));
    println!(
        "  ratio                       {:6.2}",
        one.as_secs_f64() / two.as_secs_f64()
    );
}
