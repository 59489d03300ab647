//! A small event, and operators whose results reveal any change of order, and any lost or repeated
//! row.

use std::time::Duration;

use crate::{
    contracts::{
        Decode, Operator, Source,
        checkpoint::CheckpointStore,
        operator::{Cx, Keep},
        sink::TransactionalSink,
    },
    data::{EventTime, Offset, State},
    engine::graph::{Graph, Stream},
    event::{ContentHasher, Event},
    pipeline::Pipeline,
    rows::Row,
    testing::Logged,
    window::{Summary, SummaryOf, Tumbling, Window},
};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reading {
    pub(super) car: usize,
    pub(super) second: i64,
    pub(super) kmh: u16,
    /// Distinguishes records with the same content. Not part of the content.
    pub(super) id: u16,
}

pub(super) const CARS: [&str; 6] = ["car-a", "car-b", "car-c", "car-d", "car-e", "car-f"];
pub(super) const BOUND: i64 = 5;
pub(super) const WINDOW: i64 = 10;

pub(super) fn time(second: i64) -> EventTime {
    EventTime::from_micros(second * 1_000_000)
}

pub(super) fn seconds(seconds: i64) -> Duration {
    Duration::from_secs(seconds.unsigned_abs())
}

impl State for Reading {
    const VERSION: u16 = 1;
    fn encode(&self, to: &mut Vec<u8>) {
        (self.car as u8).encode(to);
        self.second.encode(to);
        self.kmh.encode(to);
        self.id.encode(to);
    }
    fn decode(_: u16, from: &mut &[u8]) -> Option<Self> {
        Some(Self {
            car: u8::decode(0, from)?.into(),
            second: i64::decode(0, from)?,
            kmh: u16::decode(0, from)?,
            id: u16::decode(0, from)?,
        })
    }
}

impl Event for Reading {
    fn key(&self) -> &str {
        CARS[self.car]
    }
    fn at(&self) -> EventTime {
        time(self.second)
    }
    fn identity(&self) -> u64 {
        let mut content = ContentHasher::new();
        content.integer(self.kmh.into());
        content.finish()
    }
}

/// Emits an alert each time the speed passes 80, with the speed before it. Reveals any change of
/// order.
pub(super) struct Edge;

impl Operator for Edge {
    type In = Reading;
    type Out = (u16, u16);
    type State = u16;
    fn init(&self) -> u16 {
        0
    }
    fn on_row(&self, before: &mut u16, row: &Row<Reading>, cx: &mut Cx<'_, (u16, u16)>) {
        if *before <= 80 && row.value.kmh > 80 {
            cx.emit((*before, row.value.kmh));
        }
        *before = row.value.kmh;
    }
}

/// Counts the rows between silences of 3 s. Its timer is often due at exactly the time of a row.
pub(super) struct Burst;

impl Operator for Burst {
    type In = Reading;
    type Out = u32;
    type State = u32;
    fn init(&self) -> u32 {
        0
    }
    fn on_row(&self, rows: &mut u32, _: &Row<Reading>, cx: &mut Cx<'_, u32>) {
        *rows += 1;
        cx.forget_timers();
        cx.wake_at(cx.now() + Duration::from_secs(3));
    }
    fn on_timer(&self, rows: &mut u32, _: EventTime, cx: &mut Cx<'_, u32>) -> Keep {
        cx.emit(*rows);
        Keep::Nothing
    }
}

/// A number that every row changes. Reveals any change of order after a merge.
pub(super) struct Chain;

impl Operator for Chain {
    type In = u16;
    type Out = u64;
    type State = u64;
    fn init(&self) -> u64 {
        0
    }
    fn on_row(&self, link: &mut u64, row: &Row<u16>, cx: &mut Cx<'_, u64>) {
        *link = next_link(*link, row.value);
        cx.emit(*link);
    }
}

pub(super) fn next_link(link: u64, value: u16) -> u64 {
    (link + u64::from(value))
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .rotate_left(7)
}

/// The count of a window, as the merged streams carry it.
pub(super) fn short(window: &Summary) -> u16 {
    u16::try_from(window.rows).unwrap_or(u16::MAX)
}

pub(super) struct Streams {
    pub(super) readings: Stream<Reading>,
    pub(super) edges: Stream<(u16, u16)>,
    pub(super) windows: Stream<Window<Summary>>,
    pub(super) bursts: Stream<u32>,
    pub(super) both: Stream<u16>,
    pub(super) chain: Stream<u64>,
}

impl Streams {
    /// Stores every stream except the readings in a separate table.
    pub(super) fn stored<Src, D, S, G, K>(
        &self,
        pipeline: Pipeline<Src, D, S, G>,
        table: impl Fn(&str) -> K,
    ) -> Pipeline<Src, D, S, G>
    where
        Src: Source,
        D: Decode<Src::Payload, Event = Reading>,
        S: CheckpointStore,
        K: TransactionalSink<(u16, u16), S>
            + TransactionalSink<Window<Summary>, S>
            + TransactionalSink<u32, S>
            + TransactionalSink<u16, S>
            + TransactionalSink<u64, S>,
    {
        pipeline
            .store("edges", self.edges, table("edges"))
            .store("windows", self.windows, table("windows"))
            .store("bursts", self.bursts, table("bursts"))
            .store("both", self.both, table("both"))
            .store("chain", self.chain, table("chain"))
    }
}

/// The payload of a scripted source.
pub(super) type Records = Vec<(Offset, Logged<Reading>)>;

pub(super) fn graph() -> (Graph<Reading>, Streams) {
    let (mut graph, readings) = Graph::new();
    let edges = graph.apply("edges", readings, Edge);
    let speed = SummaryOf::new(|reading: &Reading| Some(f64::from(reading.kmh)));
    let length = seconds(WINDOW);
    let windows = graph.apply(
        "windows",
        readings,
        Tumbling::of(length).unwrap().aggregate(speed),
    );
    let bursts = graph.apply("bursts", readings, Burst);
    let before = graph.map("before", edges, |(before, _)| *before);
    let after = graph.map("after", edges, |(_, after)| *after);
    let counts = graph.map("counts", windows, |window| short(&window.value));
    let both = graph.merge("both", &[before, after, counts]);
    let chain = graph.apply("chain", both, Chain);
    (
        graph,
        Streams {
            readings,
            edges,
            windows,
            bursts,
            both,
            chain,
        },
    )
}
