//! Time in the engine: lateness, ticks, clocks that are ahead, and every kind of window.

mod ahead;
mod lateness;
mod log_times;
mod plain;
mod ticks;

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroUsize,
    sync::Arc,
    time::Duration,
};

use super::simulation::Dice;
use crate::{
    contracts::{MemoryStore, Operator, checkpoint::Counts, decode::Typed, operator::Cx},
    data::{Error, EventTime},
    engine::{graph::Graph, order::Order},
    event::{ContentHasher, Event},
    pipeline::{EpochLimits, Pipeline, Retry},
    rows::Row,
    testing::{Fault, Faults, FaultyStore, Log, Logged, Operation, Script, Scripted},
    window::{Session, Sliding, Summary, SummaryOf, Tumbling},
};

/// A number that a car sent.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
struct Ping {
    car: usize,
    second: i64,
    value: u8,
}

crate::state_by_serde!(Ping, 1);

const CARS: [&str; 3] = ["a", "b", "c"];

fn time(second: i64) -> EventTime {
    EventTime::from_micros(second * 1_000_000)
}

fn seconds(seconds: i64) -> Duration {
    Duration::from_secs(seconds.unsigned_abs())
}

impl Event for Ping {
    fn key(&self) -> &str {
        CARS[self.car]
    }
    fn at(&self) -> EventTime {
        time(self.second)
    }
    fn identity(&self) -> u64 {
        ContentHasher::new().integer(self.value.into()).finish()
    }
}

/// A rule that reports each rise above 5 with the value before it, so that its results reveal any
/// row it should not see.
struct Rises;

impl Operator for Rises {
    type In = Ping;
    type Out = (u8, u8);
    type State = u8;
    fn init(&self) -> u8 {
        0
    }
    fn on_row(&self, before: &mut u8, row: &Row<Ping>, cx: &mut Cx<'_, (u8, u8)>) {
        if *before <= 5 && row.value.value > 5 {
            cx.emit((*before, row.value.value));
        }
        *before = row.value.value;
    }
}

const LENGTH: i64 = 10;
const SLIDE: i64 = 4;
const SLIDING: i64 = 12;
const GAP: i64 = 6;

/// All kinds of windows over the pings, a rule, and the pings themselves.
fn graph() -> (Graph<Ping>, Streams) {
    let (mut graph, pings) = Graph::new();
    let value = || SummaryOf::new(|ping: &Ping| Some(f64::from(ping.value)));
    // Belated rows pass through stateless steps.
    let again = graph.map("again", pings, |ping| *ping);
    let tumbling = Tumbling::of(seconds(LENGTH)).unwrap().aggregate(value());
    let sliding = Sliding::of(seconds(SLIDING), seconds(SLIDE)).unwrap();
    let session = Session::of(seconds(GAP)).unwrap().aggregate(value());
    let streams = Streams {
        pings,
        rises: graph.apply("rises", pings, Rises),
        tumbling: graph.apply("tumbling", again, tumbling),
        sliding: graph.apply("sliding", pings, sliding.aggregate(value())),
        sessions: graph.apply("sessions", again, session),
    };
    (graph, streams)
}

type Window<T> = crate::window::Window<T>;

struct Streams {
    pings: crate::engine::graph::Stream<Ping>,
    rises: crate::engine::graph::Stream<(u8, u8)>,
    tumbling: crate::engine::graph::Stream<Window<Summary>>,
    sliding: crate::engine::graph::Stream<Window<Summary>>,
    sessions: crate::engine::graph::Stream<Window<Option<Summary>>>,
}

/// Rows of three cars in order, with ties and with silences of various lengths.
fn drive(dice: &mut Dice) -> BTreeSet<Ping> {
    let mut rows = BTreeSet::new();
    for car in 0..CARS.len() {
        let mut second = 100;
        for _ in 0..30 {
            second += [0, 1, 1, 2, GAP - 1, GAP, 15][dice.roll(7) as usize];
            let value = dice.roll(10) as u8;
            rows.insert(Ping { car, second, value });
        }
    }
    rows
}

/// The rows in order of arrival, each at most `delay` after its time. Some arrive twice.
fn arrive(rows: &BTreeSet<Ping>, delay: i64, dice: &mut Dice) -> Vec<Ping> {
    let mut mixed: Vec<((i64, u64), Ping)> = Vec::new();
    for row in rows {
        for _ in 0..=u64::from(dice.roll(8) == 0) {
            let by = [0, delay, dice.roll(delay.unsigned_abs() + 1) as i64][dice.roll(3) as usize];
            mixed.push(((row.second + by, dice.roll(1 << 30)), *row));
        }
    }
    mixed.sort_unstable_by_key(|(place, _)| *place);
    mixed.into_iter().map(|(_, row)| row).collect()
}

type Tables = BTreeMap<Arc<str>, Vec<String>>;

/// A ping, or a record of a log.
trait Record: Into<Logged<Ping>> + Clone {}

impl<R: Into<Logged<Ping>> + Clone> Record for R {}

/// One batch and no fault.
async fn at_once<R: Record>(rows: &[R], order: Order) -> (Tables, Counts) {
    let store = MemoryStore::default();
    let done = run(rows, order, &store, &[], &Faults::none(), (u64::MAX, 1)).await;
    (
        store.rows(),
        done.expect("nobody dies without a fault").unwrap(),
    )
}

/// The faults that may happen to a commit.
const FAULTS: [Option<Fault>; 7] = [
    None,
    Some(Fault::CrashBefore),
    Some(Fault::CrashAfter),
    Some(Fault::LostAnswer),
    Some(Fault::Refused),
    Some(Fault::Twice),
    Some(Fault::LateCommit(0)),
];

/// Runs with random batches, workers, hand-overs and faults, restarted until the input has ended.
async fn in_pieces<R: Record>(rows: &[R], order: Order, dice: &mut Dice) -> (Tables, Counts) {
    let store = MemoryStore::default();
    for attempt in 0.. {
        let script: Vec<_> = (0..rows.len())
            .map(|_| match dice.roll(24) {
                0..2 => Script::Idle,
                2 => Script::Revoke(Duration::from_secs(1)),
                3 => Script::Lost,
                _ => Script::Rows(1 + dice.roll(12) as usize),
            })
            .collect();
        let kinds = if attempt < 6 { FAULTS.len() } else { 1 };
        let faults = (1..=6).filter_map(|nth| {
            let fault = FAULTS[dice.roll(kinds as u64) as usize]?;
            Some((Operation::Commit, nth, fault))
        });
        let faults = Faults::at(faults.collect::<Vec<_>>());
        let most = (1 + dice.roll(30), 1 + dice.roll(3) as usize);
        if let Some(done) = run(rows, order, &store, &script, &faults, most).await {
            return (store.rows(), done.unwrap());
        }
    }
    unreachable!("the last attempts are let through")
}

/// Runs one process. Returns `None` if it crashed.
async fn run<R: Record>(
    rows: &[R],
    order: Order,
    store: &MemoryStore,
    script: &[Script],
    faults: &Faults,
    (most, workers): (u64, usize),
) -> Option<Result<Counts, Error>> {
    let (graph, streams) = graph();
    let log = Log::new("memory/0", rows.iter().cloned());
    let source = Scripted::several([log], script.iter().map(|step| (0, *step)));
    let retry = Retry {
        times: 8,
        first: Duration::from_nanos(1),
        longest: Duration::from_nanos(1),
    };
    let limits = EpochLimits {
        records: most,
        ..EpochLimits::default()
    };
    let faulty = FaultyStore::new(store.clone(), faults);
    let run = Pipeline::exactly_once(source, Typed::default(), order, graph, faulty)
        .store("pings", streams.pings, store.table("pings"))
        .store("rises", streams.rises, store.table("rises"))
        .store("tumbling", streams.tumbling, store.table("tumbling"))
        .store("sliding", streams.sliding, store.table("sliding"))
        .store("sessions", streams.sessions, store.table("sessions"))
        .epochs(limits)
        .workers(NonZeroUsize::new(workers).unwrap())
        .retry(retry)
        .run();
    let report = faults.until_crash(run).await?;
    Some(report.map(|report| {
        assert!(report.balances(), "{report:?}");
        report.counts
    }))
}
