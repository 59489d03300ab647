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
    At, Buffer, Node, Slots, Stream, Watch, flat_map::FlatMap, is_of_late, keyed::Keyed,
    merge::Merge, resuming::Resuming,
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
    /// By stream.
    kinds: Vec<Kind>,
    /// Some node with state reads the output of another node, so it must be told of clocks of keys
    /// for which it reads no row.
    pub(crate) follows_clocks: bool,
    /// The first node that was given a stream of another graph.
    pub(super) foreign: Option<Arc<str>>,
    /// The first node with state that was given late events.
    pub(super) unordered: Option<Arc<str>>,
    of: PhantomData<fn() -> E>,
}

/// What a stream carries.
#[derive(Clone, Copy, Default)]
struct Kind {
    /// Its belated rows are results that replace others, rather than events.
    replaces: bool,
    /// Some of its rows are late events, or made from them.
    is_late: bool,
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
            kinds: Vec::new(),
            follows_clocks: false,
            foreign: None,
            unordered: None,
            of: PhantomData,
        };
        let events = graph.stream_in(|| Box::new(Slab::<E>::default()), Kind::default());
        (graph, events)
    }

    /// Returns the stream of the late events: those that are older than the clock of their key by
    /// more than the allowed lateness of the [`Order`](crate::Order).
    ///
    /// Bind it to a sink to keep them, with their keys, times and offsets. If nothing reads it,
    /// late events are only counted, and nothing is copied. It may pass steps without state (`map`,
    /// `filter`, `flat_map`, `merge`). An operator on it is refused before the first record,
    /// because late events have no order.
    ///
    /// # Guarantees
    /// Its rows are committed with the position, like all results, and no record is in it twice.
    /// The records still count as [late](crate::checkpoint::Counts::late). A graph whose late
    /// events are bound to a sink has the same structure as before, so its saved state goes on.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::{EventTime, Graph, Order, VehicleId, event::Telemetry, testing::Harness};
    /// let (graph, _) = Graph::new();
    /// let late = graph.late();
    /// let mut harness = Harness::new(graph, Order::default());
    /// harness.watch(late);
    ///
    /// let car = VehicleId::new("car-1").unwrap();
    /// let time = |second: i64| EventTime::from_micros(second * 1_000_000);
    /// let event = |second| Telemetry::new(car.clone(), time(second));
    /// // The last one is six seconds older than the newest, and five are allowed.
    /// harness.push_batch([event(100), event(110), event(104)])?;
    /// assert_eq!(harness.take(late), [event(104)]);
    /// assert_eq!(harness.counts().late, 1);
    /// # Ok::<(), fleet_core::Error>(())
    /// ```
    pub fn late(&self) -> Stream<E> {
        Stream::of_late(self.id)
    }

    fn stream<T: Send + Sync + 'static>(&mut self, kind: Kind) -> Stream<T> {
        self.stream_in(|| Box::new(Vec::<Row<T>>::new()), kind)
    }

    fn stream_in<T>(&mut self, buffer: fn() -> Box<dyn Buffer>, kind: Kind) -> Stream<T> {
        self.kinds.push(kind);
        self.buffers.push(buffer);
        Stream::new(self.buffers.len() - 1, self.id)
    }

    fn check_own<T>(&mut self, name: &str, from: Stream<T>) {
        if from.graph != self.id {
            self.foreign.get_or_insert_with(|| name.into());
        }
    }

    /// What a stream carries that is made from these without state.
    fn kind_of<T>(&self, of: &[Stream<T>]) -> Kind {
        let mut kind = Kind::default();
        for from in of {
            let from_kind = self.kinds.get(from.slot).copied().unwrap_or_default();
            kind.replaces |= from_kind.replaces;
            kind.is_late |= from_kind.is_late || is_of_late(from.slot);
        }
        kind
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
        let kind = self.kind_of(&[from]);
        if kind.is_late {
            self.unordered.get_or_insert_with(|| name.into());
        }
        let revises = logic.revises() && !kind.replaces;
        let to = self.stream(Kind {
            replaces: true,
            is_late: false,
        });
        let resuming = Resuming::new(&logic);
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
            resuming,
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
        let to = self.stream(self.kind_of(&[from]));
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
        let to = self.stream(self.kind_of(of));
        self.nodes.push(Box::new(Merge {
            name: name.into(),
            of: of.to_vec(),
            to,
        }));
        to
    }

    /// Creates the empty buffers of all streams.
    pub(crate) fn slots(&self) -> Slots {
        Slots {
            streams: self.buffers.iter().map(|new| new()).collect(),
            late: Box::new(Vec::<Row<E>>::new()),
        }
    }

    /// Whether a node reads the late events.
    pub(crate) fn reads_late(&self) -> bool {
        let mut from = self.nodes.iter().flat_map(|node| node.shape().from);
        from.any(is_of_late)
    }

    /// The stream of the input events.
    pub(crate) fn events(&self) -> Stream<E> {
        Stream::of_events(self.id)
    }
}
