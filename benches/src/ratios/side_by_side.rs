//! Timing two sides in alternating runs, and their medians.

use std::time::{Duration, Instant};

/// The number of runs of each side.
const ROUNDS: usize = 5;

/// Returns the median times of both sides. They run in turns, so that a slow phase of the machine
/// affects both.
pub(crate) fn medians<A>(mut left: impl FnMut() -> A, mut right: impl FnMut() -> A) -> [Duration; 2]
where
    A: PartialEq + std::fmt::Debug,
{
    let (mut lefts, mut rights) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (took, left) = timed(&mut left);
        lefts.push(took);
        let (took, right) = timed(&mut right);
        rights.push(took);
        assert_eq!(left, right, "both sides do the same work");
    }
    [lefts, rights].map(|mut side| {
        side.sort_unstable();
        side.get(ROUNDS / 2).copied().unwrap_or_default()
    })
}

#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
fn timed<A>(run: &mut impl FnMut() -> A) -> (Duration, A) {
    let started = Instant::now();
    let answer = run();
    (started.elapsed(), answer)
}
