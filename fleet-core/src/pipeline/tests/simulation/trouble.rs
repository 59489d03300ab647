//! Decides which operations of a process fail, and how.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{Dice, world::LONG};
use crate::{
    data::Error,
    testing::{Fault, Faults, Operation},
};

/// The most operations between two faults: then the next operation fails, whatever it is.
const MAX_GAP: u32 = 15;

/// The operation that fails next.
struct Aim {
    at: Operation,
    /// How many operations of its kind succeed before.
    skip: u64,
    gap: u32,
}

impl Aim {
    fn new(dice: &mut Dice) -> Self {
        use Operation::{Acknowledge, Begin, Claim, Commit, Next, Publish, Start, Store};
        // Most guarantees depend on the commit.
        let weighed = [
            Next,
            Start,
            Claim,
            Publish,
            Store,
            Begin,
            Commit,
            Commit,
            Commit,
            Acknowledge,
        ];
        Self {
            at: dice.pick(&weighed),
            skip: dice.roll(4),
            gap: MAX_GAP,
        }
    }

    /// Returns whether this operation fails.
    fn hits(&mut self, operation: Operation) -> bool {
        self.gap = self.gap.saturating_sub(1);
        if self.gap == 0 {
            return true;
        }
        if self.at != operation {
            return false;
        }
        let now = self.skip == 0;
        self.skip = self.skip.saturating_sub(1);
        now
    }
}

/// Returns faults at a steady rate, each of a kind that fits its operation, until `left` is used
/// up.
pub(in crate::pipeline::tests) fn trouble(dice: &mut Dice, left: &Arc<AtomicU64>) -> Faults {
    let (mut dice, left) = (dice.split(), Arc::clone(left));
    let mut aim = Aim::new(&mut dice);
    Faults::decided_by(move |operation| {
        // Progress is asked for only after a fault, so it needs faults of its own.
        let again = operation == Operation::Progress && dice.once_in(2);
        if !(aim.hits(operation) || again) || left.load(Ordering::Relaxed) == 0 {
            return None;
        }
        left.fetch_sub(1, Ordering::Relaxed);
        aim = Aim::new(&mut dice);
        if again && dice.once_in(3) {
            // So that it finds another process's claim.
            return Some(Fault::Meanwhile);
        }
        let slow = dice.pick(&[Duration::from_millis(1), LONG, Duration::from_secs(2)]);
        let faults = Fault::all(dice.roll(6) as u32, slow, dice.roll(4) as u32);
        let fitting = faults.into_iter().filter(|fault| fault.fits(operation));
        Some(dice.pick(&fitting.collect::<Vec<_>>()))
    })
}

/// Returns whether the error was injected, by the fault plan or by the source's script, and
/// outlasted its retries.
pub(in crate::pipeline::tests) fn is_injected(error: &Error) -> bool {
    let message = error.to_string();
    ["by plan", "by script"]
        .iter()
        .any(|injected| message.contains(injected))
}
