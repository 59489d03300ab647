//! Which operations of a process go wrong.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{Dice, world::LONG};
use crate::testing::{Fault, Faults, Operation};

/// After so many operations the next fault comes, whatever the operation is.
const PATIENCE: u32 = 15;

/// The operation that is to fail next.
struct Aim {
    at: Operation,
    /// How many of its kind go well before.
    skip: u64,
    patience: u32,
}

impl Aim {
    fn new(dice: &mut Dice) -> Self {
        use Operation::{Acknowledge, Begin, Claim, Commit, Next, Publish, Start, Store};
        // Most promises are at stake in a commit.
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
            patience: PATIENCE,
        }
    }

    /// Whether this operation is meant.
    fn hits(&mut self, operation: Operation) -> bool {
        self.patience = self.patience.saturating_sub(1);
        if self.patience == 0 {
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

/// Faults at a steady pace, each of a kind that fits the operation at hand, until `left` is used up.
pub(super) fn trouble(dice: &mut Dice, left: &Arc<AtomicU64>) -> Faults {
    let (mut dice, left) = (dice.split(), Arc::clone(left));
    let mut aim = Aim::new(&mut dice);
    Faults::decided_by(move |operation| {
        // Asked for only after a fault, so that it gets more than its share.
        let again = operation == Operation::Progress && dice.once_in(2);
        if !(aim.hits(operation) || again) || left.load(Ordering::Relaxed) == 0 {
            return None;
        }
        left.fetch_sub(1, Ordering::Relaxed);
        aim = Aim::new(&mut dice);
        if again && dice.once_in(3) {
            // So that it finds someone else's claim.
            return Some(Fault::Meanwhile);
        }
        let slow = dice.pick(&[Duration::from_millis(1), LONG, Duration::from_secs(2)]);
        let faults = Fault::all(dice.roll(6) as u32, slow, dice.roll(4) as u32);
        let fitting = faults.into_iter().filter(|fault| fault.fits(operation));
        Some(dice.pick(&fitting.collect::<Vec<_>>()))
    })
}
