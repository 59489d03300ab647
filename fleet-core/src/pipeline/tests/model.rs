//! A small event, three operators over it, and the same computed by plain loops.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    Event, EventTime, Graph, Operator, State, Stream,
    event::ContentHasher,
    operator::{Cx, Keep},
    row::Row,
    window::{Summary, SummaryOf, Tumbling, Window},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reading {
    pub(super) car: usize,
    pub(super) second: i64,
    pub(super) kmh: u16,
}

pub(super) const CARS: [&str; 4] = ["car-a", "car-b", "car-c", "car-d"];
pub(super) const BOUND: i64 = 5;
pub(super) const WINDOW: i64 = 10;

pub(super) fn time(second: i64) -> EventTime {
    EventTime::from_micros(second * 1_000_000)
}

impl State for Reading {
    const VERSION: u16 = 1;
    fn encode(&self, to: &mut Vec<u8>) {
        (self.car as u8).encode(to);
        self.second.encode(to);
        self.kmh.encode(to);
    }
    fn decode(_: u16, from: &mut &[u8]) -> Option<Self> {
        let (car, second) = (u8::decode(0, from)?.into(), i64::decode(0, from)?);
        Some(Self {
            car,
            second,
            kmh: u16::decode(0, from)?,
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

/// One alert each time the speed passes 80, and the speed before it: any other order shows.
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

/// The number of rows since the last silence of 3 s, at the end of each: a timer that often is due at
/// the very time of a row.
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

pub(super) struct Streams {
    pub(super) readings: Stream<Reading>,
    pub(super) edges: Stream<(u16, u16)>,
    pub(super) windows: Stream<Window<Summary>>,
    pub(super) bursts: Stream<u32>,
    pub(super) both: Stream<u16>,
}

pub(super) fn graph() -> (Graph<Reading>, Streams) {
    let (mut graph, readings) = Graph::new();
    let edges = graph.apply("edges", readings, Edge);
    let speed = SummaryOf::new(|reading: &Reading| Some(f64::from(reading.kmh)));
    let length = Duration::from_secs(WINDOW.unsigned_abs());
    let windows = graph.apply(
        "windows",
        readings,
        Tumbling::of(length).unwrap().aggregate(speed),
    );
    let bursts = graph.apply("bursts", readings, Burst);
    let before = graph.map("before", edges, |(before, _)| *before);
    let after = graph.map("after", edges, |(_, after)| *after);
    let both = graph.merge("both", &[before, after]);
    (
        graph,
        Streams {
            readings,
            edges,
            windows,
            bursts,
            both,
        },
    )
}

/// The rows of every table, sorted, computed without the engine.
pub(super) fn plain(rows: &[Reading]) -> BTreeMap<String, Vec<String>> {
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (car, name) in CARS.into_iter().enumerate() {
        let mut own: Vec<_> = rows.iter().filter(|row| row.car == car).copied().collect();
        own.sort_by_key(|row| (row.second, row.identity()));
        own.dedup();
        let mut put = |table: &str, second: i64, row: String| {
            tables
                .entry(table.into())
                .or_default()
                .push(format!("{} {row}", time(second)));
        };
        let (mut before, mut burst, mut last) = (0, 0u32, i64::MIN / 2);
        let mut windows: BTreeMap<i64, Summary> = BTreeMap::new();
        for row in &own {
            put("readings", row.second, format!("{row:?}"));
            if before <= 80 && row.kmh > 80 {
                put("edges", row.second, format!("{:?}", (before, row.kmh)));
                put("both", row.second, format!("{before:?}"));
                put("both", row.second, format!("{:?}", row.kmh));
            }
            before = row.kmh;
            if row.second >= last + 3 && burst > 0 {
                put("bursts", last + 3, format!("{burst:?}"));
                burst = 0;
            }
            (burst, last) = (burst + 1, row.second);
            let start = row.second.div_euclid(WINDOW) * WINDOW;
            let window = windows.entry(start).or_insert(Summary::EMPTY);
            window.add(Some(f64::from(row.kmh)), time(row.second));
        }
        if burst > 0 {
            put("bursts", last + 3, format!("{burst:?}"));
        }
        for (start, value) in windows {
            let key = crate::VehicleId::new(name).unwrap();
            let (start, end) = (time(start), time(start + WINDOW));
            let window = Window {
                key,
                start,
                end,
                revision: 0,
                value,
            };
            put(
                "windows",
                start.as_micros() / 1_000_000 + WINDOW,
                format!("{window:?}"),
            );
        }
    }
    for rows in tables.values_mut() {
        rows.sort_unstable();
    }
    tables
}
