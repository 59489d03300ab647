//! The graph and the methods that build it.

use std::{
    fmt,
    marker::PhantomData,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    At, Buffer, Node, Slots, Stream, Watch, flat_map::FlatMap, keyed::Keyed, merge::Merge,
};
use crate::{
    contracts::Operator,
    event::Event,
    rows::{Row, Rows, Slab, Soonest},
};

/// A dataflow graph: what is computed from a stream of events.
///
/// # Examples
/// ```
/// use fleet_core::{Graph, event::Telemetry};
/// let (mut graph, telemetry) = Graph::<Telemetry>::new();
/// let is_fast = |event: &Telemetry| event.speed().is_some_and(|v| v.as_kmh() > 80.0);
/// let fast = graph.filter("fast", telemetry, is_fast);
/// let ids = graph.map("ids", fast, |event| event.vehicle().clone());
/// # let _ = ids;
/// assert!(graph.mermaid().contains("fast"));
/// ```
pub struct Graph<E> {
    pub(crate) id: u64,
    pub(crate) nodes: Vec<Box<dyn Node>>,
    buffers: Vec<fn() -> Box<dyn Buffer>>,
    /// By stream: whether its belated rows are results that replace others, rather than events.
    replaces: Vec<bool>,
    /// Some node with state reads the output of another node, so it must be told of clocks of keys
    /// for which it reads no row.
    pub(crate) follows_clocks: bool,
    /// The first node that was given a stream of another graph.
    pub(super) foreign: Option<Arc<str>>,
    of: PhantomData<fn() -> E>,
}

impl<E> fmt::Debug for Graph<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.nodes.iter().map(|node| node.shape().name).collect();
        f.debug_tuple("Graph").field(&names).finish()
    }
}

impl<E: Event> Graph<E> {
    /// Creates an empty graph and the stream of its events.
    pub fn new() -> (Self, Stream<E>) {
        static GRAPHS: AtomicU64 = AtomicU64::new(0);
        let id = GRAPHS.fetch_add(1, Ordering::Relaxed);
        let mut graph = Self {
            id,
            nodes: Vec::new(),
            buffers: Vec::new(),
            replaces: Vec::new(),
            follows_clocks: false,
            foreign: None,
            of: PhantomData,
        };
        let events = graph.stream_in(|| Box::new(Slab::<E>::default()), false);
        (graph, events)
    }

    fn stream<T: Send + Sync + 'static>(&mut self, replaces: bool) -> Stream<T> {
        self.stream_in(|| Box::new(Vec::<Row<T>>::new()), replaces)
    }

    fn stream_in<T>(&mut self, buffer: fn() -> Box<dyn Buffer>, replaces: bool) -> Stream<T> {
        self.replaces.push(replaces);
        self.buffers.push(buffer);
        Stream::new(self.buffers.len() - 1, self.id)
    }

    fn check_own<T>(&mut self, name: &str, from: Stream<T>) {
        if from.graph != self.id {
            self.foreign.get_or_insert_with(|| name.into());
        }
    }

    fn replaces_any<T>(&self, of: &[Stream<T>]) -> bool {
        of.iter()
            .any(|from| self.replaces.get(from.slot) == Some(&true))
    }

    /// Adds an operator, which keeps one state per key.
    ///
    /// The name is part of the ids of its results and of the graph's structure. A state saved under
    /// this name is only restored into a node with the same name and place.
    pub fn apply<L: Operator>(
        &mut self,
        name: &str,
        from: Stream<L::In>,
        logic: L,
    ) -> Stream<L::Out> {
        self.check_own(name, from);
        self.follows_clocks |= !from.is_of_events();
        let revises = logic.revises() && !self.replaces_any(&[from]);
        let to = self.stream(true);
        self.nodes.push(Box::new(Keyed {
            name: name.into(),
            scope: name.into(),
            number: u16::try_from(self.nodes.len() + 1).unwrap_or(u16::MAX),
            logic: Arc::new(logic),
            from,
            to,
            revises,
            cells: Vec::new(),
            soonest: Soonest::NONE,
            dirty: Vec::new(),
            forgotten: Vec::new(),
        }));
        to
    }

    /// Adds a stateless step that makes any number of results from each row.
    pub fn flat_map<A, B, I>(
        &mut self,
        name: &str,
        from: Stream<A>,
        step: impl Fn(&A) -> I + Send + Sync + 'static,
    ) -> Stream<B>
    where
        A: Send + Sync + 'static,
        B: Send + Sync + 'static,
        I: IntoIterator<Item = B>,
    {
        self.check_own(name, from);
        let to = self.stream(self.replaces_any(&[from]));
        let step = Arc::new(
            move |rows: Rows<'_, A>, out: &mut Vec<Row<B>>, watch: &Watch| {
                for row in rows.iter() {
                    watch.set(At::Row(row.offset, row.at));
                    out.extend(step(&row.value).into_iter().map(|value| row.with(value)));
                }
            },
        );
        self.nodes.push(Box::new(FlatMap {
            name: name.into(),
            from,
            to,
            step,
        }));
        to
    }

    /// Adds a stateless step that makes one result from each row.
    pub fn map<A: Send + Sync + 'static, B: Send + Sync + 'static>(
        &mut self,
        name: &str,
        from: Stream<A>,
        step: impl Fn(&A) -> B + Send + Sync + 'static,
    ) -> Stream<B> {
        self.flat_map(name, from, move |value| [step(value)])
    }

    /// Adds a stateless step that passes on the rows for which `keep` returns true.
    pub fn filter<A: Clone + Send + Sync + 'static>(
        &mut self,
        name: &str,
        from: Stream<A>,
        keep: impl Fn(&A) -> bool + Send + Sync + 'static,
    ) -> Stream<A> {
        self.flat_map(name, from, move |value| keep(value).then(|| value.clone()))
    }

    /// Adds a step that merges several streams into one, ordered by time.
    pub fn merge<T: Clone + Send + Sync + 'static>(
        &mut self,
        name: &str,
        of: &[Stream<T>],
    ) -> Stream<T> {
        for from in of {
            self.check_own(name, *from);
        }
        let to = self.stream(self.replaces_any(of));
        self.nodes.push(Box::new(Merge {
            name: name.into(),
            of: of.to_vec(),
            to,
        }));
        to
    }

    /// Creates the empty buffers of all streams.
    pub(crate) fn slots(&self) -> Slots {
        Slots(self.buffers.iter().map(|new| new()).collect())
    }

    /// The stream of the input events.
    pub(crate) fn events(&self) -> Stream<E> {
        Stream::of_events(self.id)
    }
}
