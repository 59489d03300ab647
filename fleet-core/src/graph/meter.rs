//! What each node of a task does: rows in, rows out, time.

use std::time::Duration;

use super::{Node, Now, Slots};

/// Tells the time since a moment of its own choice. A task has none itself: whoever runs it brings one.
pub(crate) type Clock = fn() -> Duration;

/// What a node did since the last seal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Work {
    pub(crate) rows_in: u64,
    pub(crate) rows_out: u64,
    pub(crate) took: Duration,
}

/// Runs one node and keeps account, once per batch.
pub(crate) struct Meter {
    from: Vec<usize>,
    to: usize,
    pub(crate) work: Work,
}

impl Meter {
    pub(crate) fn of(node: &dyn Node) -> Self {
        let shape = node.shape();
        Self {
            from: shape.from,
            to: shape.to,
            work: Work::default(),
        }
    }

    /// Without a clock nothing is measured.
    pub(crate) fn run(
        &mut self,
        node: &mut dyn Node,
        slots: &mut Slots,
        now: &Now<'_>,
        clock: Option<Clock>,
    ) {
        let Some(clock) = clock else {
            return node.run(slots, now);
        };
        let began = clock();
        node.run(slots, now);
        self.work += Work {
            rows_in: self.from.iter().map(|slot| slots.len(*slot)).sum(),
            rows_out: slots.len(self.to),
            took: clock().saturating_sub(began),
        };
    }
}

impl std::ops::AddAssign for Work {
    fn add_assign(&mut self, other: Self) {
        self.rows_in += other.rows_in;
        self.rows_out += other.rows_out;
        self.took += other.took;
    }
}
