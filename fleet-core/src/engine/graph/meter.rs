//! Measurement of nodes: rows in, rows out, elapsed time.

use std::time::Duration;

use super::{Node, Slots};

/// Returns the time since an arbitrary origin. A task has no clock of its own: the driver provides
/// one.
pub(crate) type Clock = fn() -> Duration;

/// The work of a node since the last seal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Work {
    pub(crate) rows_in: u64,
    pub(crate) rows_out: u64,
    pub(crate) took: Duration,
}

/// Measures one node, once per batch.
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

    /// Runs the node and measures it. Without a clock it is only run.
    pub(crate) fn measure(
        &mut self,
        slots: &mut Slots,
        clock: Option<Clock>,
        run: impl FnOnce(&mut Slots),
    ) {
        let Some(clock) = clock else {
            return run(slots);
        };
        let began = clock();
        run(slots);
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
