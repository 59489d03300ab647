//! A harness that drives a graph by hand, without a pipeline.

#![expect(clippy::panic, reason = "misuse in a test panics")]

use super::Logged;
use crate::{
    contracts::{Operator, checkpoint::Counts, decode::Typed, memory::Held, source::Batch},
    data::{EventTime, Offset, Partition, Result},
    engine::{
        graph::{Buffer, Graph, Stream, saved_state},
        order::Order,
        outlet::Outlet,
        task::{CommitKind, Inline, KeyLimits, Plan, Round, Task},
    },
    event::Event,
    rows::Row,
};

/// Drives a graph by hand: no runtime, no source, no sink.
///
/// Events pass through order buffer, nodes, timers and snapshots as in a pipeline. The results of a
/// [watched](Self::watch) stream can be taken at any time.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use fleet_core::{
///     EventTime, Graph, Operator, Order, VehicleId, event::Telemetry,
///     operator::{Cx, Keep}, row::Row,
///     testing::Harness,
/// };
///
/// /// Counts the rows of each vehicle until it has been silent for a minute.
/// struct CountUntilSilent;
/// impl Operator for CountUntilSilent {
///     type In = Telemetry;
///     type Out = u32;
///     type State = u32;
///     fn init(&self) -> u32 { 0 }
///     fn on_row(&self, count: &mut u32, _: &Row<Telemetry>, cx: &mut Cx<'_, u32>) {
///         *count += 1;
///         cx.forget_timers();
///         cx.wake_at(cx.now() + Duration::from_secs(60));
///     }
///     fn on_timer(&self, count: &mut u32, _: EventTime, cx: &mut Cx<'_, u32>) -> Keep {
///         cx.emit(*count);
///         Keep::Nothing
///     }
/// }
///
/// let (mut graph, telemetry) = Graph::new();
/// let counts = graph.apply("counts", telemetry, CountUntilSilent);
/// let mut harness = Harness::new(graph, Order::within(Duration::ZERO));
/// harness.watch(counts);
///
/// let at = |second: i64| EventTime::from_micros(second * 1_000_000);
/// let event = |second| Telemetry::new(VehicleId::new("car-1").unwrap(), at(second));
/// harness.push(event(0))?;
/// harness.push(event(10))?;
/// assert_eq!(harness.state::<CountUntilSilent>("counts", "car-1"), Some(2));
///
/// harness.advance_to(at(69));
/// assert!(harness.take(counts).is_empty());
/// harness.advance_to(at(71));
/// assert_eq!(harness.take(counts), [2]);
/// assert_eq!(harness.state::<CountUntilSilent>("counts", "car-1"), None);
/// # Ok::<(), fleet_core::Error>(())
/// ```
pub struct Harness<E: Event> {
    plan: Plan<E>,
    task: Task<E>,
    round: Round<E>,
    partition: Partition,
    /// What a store would hold after the last call.
    saved: Held,
    /// The rows of each outlet that are not taken yet.
    seen: Vec<Box<dyn Buffer>>,
    next: Offset,
}

/// The progress and state that a store would hold; see [`Harness::snapshot`].
#[derive(Clone, Debug)]
pub struct Snapshot(Held);

impl<E: Event> std::fmt::Debug for Harness<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Harness")
            .field("graph", &self.plan.graph)
            .field("saved", &self.saved)
            .finish_non_exhaustive()
    }
}

impl<E: Event> Harness<E> {
    /// Returns a harness for a graph without state.
    ///
    /// # Panics
    /// If the graph is invalid, for example because two nodes have the same name.
    pub fn new(graph: Graph<E>, order: Order) -> Self {
        let nothing = Snapshot(Held::default());
        let fresh = Self::from_snapshot(graph, order, &nothing);
        fresh.unwrap_or_else(|error| panic!("the graph is invalid: {error}"))
    }

    /// Returns a harness that resumes from a snapshot, as a new process would.
    ///
    /// # Errors
    /// As a pipeline that starts: the snapshot is of a graph with another structure, the state
    /// cannot be read, or the graph is invalid.
    pub fn from_snapshot(graph: Graph<E>, order: Order, snapshot: &Snapshot) -> Result<Self> {
        graph.check()?;
        let plan = Plan {
            name: "pipeline".into(),
            reading: String::new(),
            order,
            by_arrival: false,
            graph,
            outlets: Vec::new(),
            tallies: Vec::new(),
            keys: KeyLimits::default(),
            isolate: false,
            clock: None,
        };
        let partition = Partition::new("harness");
        let task = Task::restore(&plan, &partition, snapshot.0.claim(), 1)?;
        Ok(Self {
            plan,
            task,
            round: Round::new(),
            partition,
            saved: snapshot.0.clone(),
            seen: Vec::new(),
            next: snapshot.0.next(),
        })
    }

    /// Records the results of a stream from now on, for [`take`](Self::take).
    ///
    /// # Panics
    /// If a state cannot be read back from its own snapshot.
    pub fn watch<T: Clone + Send + Sync + 'static>(&mut self, stream: Stream<T>) {
        if self.place(stream).is_none() {
            let outlet = Outlet::new("watched", stream);
            self.seen.push(outlet.buffer(0));
            self.plan.outlets.push(outlet);
            let snapshot = self.snapshot();
            let own = self.restore(&snapshot);
            own.unwrap_or_else(|error| {
                panic!("the harness cannot restore its own snapshot: {error}")
            });
        }
    }

    /// Pushes one event.
    ///
    /// # Errors
    /// Fails after [`end`](Self::end).
    pub fn push(&mut self, event: E) -> Result<()> {
        self.push_batch([event])
    }

    /// Pushes several events as one batch.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn push_batch(&mut self, events: impl IntoIterator<Item = E>) -> Result<()> {
        let numbered = (self.next.0..).map(Offset);
        let payload: Vec<_> = numbered
            .zip(events.into_iter().map(Logged::Event))
            .collect();
        self.next.0 += payload.len() as u64;
        let batch = Batch {
            partition: self.partition.clone(),
            next: self.next,
            time: None,
            mark: None,
            payload,
        };
        let work = vec![(&mut self.task, vec![batch])];
        self.round
            .run(work, &self.plan, &Typed::default(), &Inline)?;
        self.settle();
        Ok(())
    }

    /// Advances the clock of every key to this time, as a tick does: rows and timers before it are
    /// due, and older rows are late from now on.
    ///
    /// # Panics
    /// If an operator panics.
    pub fn advance_to(&mut self, time: EventTime) {
        let outcome = self.task.tick(&self.plan, &Inline, time);
        outcome.unwrap_or_else(|error| panic!("{error}"));
        self.settle();
    }

    /// Ends the input, which flushes every row, window and timer.
    ///
    /// # Panics
    /// If an operator panics.
    pub fn end(&mut self) {
        let outcome = self.task.end(&self.plan, &Inline);
        outcome.unwrap_or_else(|error| panic!("{error}"));
        self.settle();
    }

    /// Takes the values that a watched stream emitted since the last call.
    ///
    /// # Panics
    /// If the stream is not watched.
    pub fn take<T: Clone + Send + Sync + 'static>(&mut self, stream: Stream<T>) -> Vec<T> {
        let rows = self.take_rows(stream).into_iter();
        rows.map(|row| row.value).collect()
    }

    /// Like [`take`](Self::take), with the time of each value and the offset of its record.
    ///
    /// # Panics
    /// If the stream is not watched.
    pub fn take_rows<T: Clone + Send + Sync + 'static>(
        &mut self,
        stream: Stream<T>,
    ) -> Vec<Row<T>> {
        let seen = self
            .place(stream)
            .and_then(|place| self.seen.get_mut(place));
        let Some(rows) = seen.and_then(|rows| rows.rows_mut::<T>()) else {
            panic!("{stream:?} is not watched: call `watch` before the rows are pushed");
        };
        std::mem::take(rows)
    }

    /// Returns the state of a key at a node, or `None` if the node has not seen the key or has
    /// forgotten it.
    ///
    /// # Panics
    /// If there is no node of this name, or its state is of another type.
    pub fn state<L: Operator>(&self, node: &str, key: &str) -> Option<L::State> {
        let mut nodes = (1u16..).zip(&self.plan.graph.nodes);
        let Some((number, _)) = nodes.find(|(_, each)| each.shape().name == node) else {
            panic!("the graph has no node named `{node}`");
        };
        let saved = self.saved.state(number, key)?;
        let state = saved_state(saved);
        assert!(state.is_some(), "the state of `{node}` is of another type");
        state
    }

    /// Returns the counts of all events so far.
    pub fn counts(&self) -> Counts {
        self.task.counts()
    }

    /// The saved entries of the first node, by key.
    pub(crate) fn entries_of_first_node(&self) -> Vec<(String, Option<Vec<u8>>)> {
        let state = self.saved.claim().state;
        let mine = state.into_iter().filter(|saved| saved.node == 1);
        let mut mine: Vec<_> = mine
            .map(|saved| (saved.key.to_string(), saved.bytes))
            .collect();
        mine.sort_unstable();
        mine
    }

    /// Returns what a store would hold now.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(self.saved.clone())
    }

    /// Drops all state and resumes from a snapshot, as after a crash. Rows that were not taken
    /// stay.
    ///
    /// # Errors
    /// Fails if the snapshot is of a graph with another structure.
    pub fn restore(&mut self, snapshot: &Snapshot) -> Result<()> {
        self.task = Task::restore(&self.plan, &self.partition, snapshot.0.claim(), 1)?;
        self.next = snapshot.0.next();
        self.saved = snapshot.0.clone();
        Ok(())
    }

    fn place<T>(&self, stream: Stream<T>) -> Option<usize> {
        let own = stream.graph == self.plan.graph.id;
        let mut outlets = self.plan.outlets.iter();
        outlets.position(|outlet| own && outlet.slot == stream.slot)
    }

    /// Commits the changes to `saved`, in place of a store.
    fn settle(&mut self) {
        let sealed = self.task.seal(&self.plan, &Inline, CommitKind::Snapshot);
        let piece = sealed.unwrap_or_else(|error| panic!("{error}"));
        for (seen, mut rows) in self.seen.iter_mut().zip(piece.outputs) {
            seen.append(rows.as_mut());
        }
        self.saved.take(&piece.sealed);
    }
}
