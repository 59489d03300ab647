//! One run of an operator over its input: in batches, with restarts.

use std::{fmt::Debug, marker::PhantomData};

use crate::{
    contracts::Operator,
    data::EventTime,
    engine::{
        graph::{Graph, Stream},
        order::Order,
    },
    event::Event,
    testing::Harness,
};

/// When the operator is restarted: its snapshot is restored by a new graph, as a new process would.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Restarts {
    Never,
    InTheMiddle,
    AfterEachBatch,
}

/// What came out of a run.
pub(super) struct Outcome<L: Operator> {
    /// The results with their times, sorted.
    pub(super) rows: Vec<(EventTime, String)>,
    /// The results in the order in which they were emitted.
    pub(super) values: Vec<L::Out>,
}

/// Runs the operators that a closure creates.
pub(super) struct Runs<'a, L> {
    make: &'a dyn Fn() -> L,
    of: PhantomData<L>,
}

impl<'a, L> Runs<'a, L>
where
    L: Operator<In: Event, Out: Debug>,
{
    pub(super) fn new(make: &'a dyn Fn() -> L) -> Self {
        let of = PhantomData;
        Self { make, of }
    }

    /// Asserts that an operator resumes the states of another that was made like it.
    pub(super) fn resume_themselves(&self) {
        let before = (self.make)().structure();
        assert!(
            (self.make)().resume(&before).is_some(),
            "the operator refuses states of its own structure, `{before}`"
        );
    }

    /// A graph of one operator, named `operator`.
    pub(super) fn graph(&self) -> (Graph<L::In>, Stream<L::Out>) {
        let (mut graph, events) = Graph::new();
        let results = graph.apply("operator", events, (self.make)());
        (graph, results)
    }

    /// All rows in one batch, without a restart.
    pub(super) fn whole(&self, order: Order, rows: &[L::In]) -> Outcome<L> {
        self.run(order, rows, &[rows.len()], Restarts::Never)
    }

    /// The saved states after each row, with a restart after each or without any.
    pub(super) fn states(
        &self,
        order: Order,
        rows: &[L::In],
        restarts: bool,
    ) -> Vec<Vec<(String, Option<Vec<u8>>)>> {
        let mut harness = Harness::new(self.graph().0, order);
        let each = rows.iter().map(|row| {
            let pushed = harness.push_batch([row.clone()]);
            pushed.expect("an input that has not ended takes rows");
            if restarts {
                let next = Harness::from_snapshot(self.graph().0, order, &harness.snapshot());
                harness = next.expect("a new process restores the snapshot of the old one");
            }
            harness.entries_of_first_node()
        });
        each.collect()
    }

    pub(super) fn run(
        &self,
        order: Order,
        rows: &[L::In],
        sizes: &[usize],
        restarts: Restarts,
    ) -> Outcome<L> {
        let (graph, mut results) = self.graph();
        let mut harness = Harness::new(graph, order);
        harness.watch(results);
        let (mut rest, mut sizes) = (rows, sizes.iter().cycle());
        let (mut emitted, mut restarted) = (Vec::new(), false);
        while !rest.is_empty() {
            let size = sizes.next().map_or(1, |size| (*size).min(rest.len()));
            let (batch, more) = rest.split_at(size);
            rest = more;
            let pushed = harness.push_batch(batch.iter().cloned());
            pushed.expect("an input that has not ended takes rows");
            let is_due = match restarts {
                Restarts::Never => false,
                Restarts::InTheMiddle => !restarted && rest.len() <= rows.len() / 2,
                Restarts::AfterEachBatch => true,
            };
            if is_due {
                restarted = true;
                emitted.extend(harness.take_rows(results));
                let snapshot = harness.snapshot();
                let (graph, again) = self.graph();
                let next = Harness::from_snapshot(graph, order, &snapshot);
                harness = next.expect("a new process restores the snapshot of the old one");
                harness.watch(again);
                results = again;
            }
        }
        harness.end();
        emitted.extend(harness.take_rows(results));
        let mut rows: Vec<_> = emitted
            .iter()
            .map(|row| (row.at, format!("{:?}", row.value)))
            .collect();
        rows.sort_unstable();
        let values = emitted.into_iter().map(|row| row.value).collect();
        Outcome { rows, values }
    }
}
